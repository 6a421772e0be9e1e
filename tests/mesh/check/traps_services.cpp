#include "traps.hpp"

#include <fmt/format.h>

namespace meshdrill::mesh {
namespace {

std::string service(const std::string& keys) {
  return "services: [{name: api, sample: false, " + keys + "}]\n";
}

const std::string one_port = "ports: [{name: http, port: 80}]";

std::string ingress(const std::string& keys) {
  return service(one_port) + "ingress: {host: api.example.org, " + keys + "}\n";
}

// What an ingress needs besides, so that nothing else is said.
TrapMesh behind(const std::string& keys, const std::string& cilium) {
  return {.cilium = cilium,
          .a = "ingress: [198.51.100.1]",
          .b = "ingress: [198.51.100.2]",
          .rest = ingress(keys)};
}

// As many clusters besides a and b, and room for their Pods.
TrapMesh many(int clusters, const std::string& rest) {
  TrapMesh mesh{.addressing = "ipv4: {pool: 10.0.0.0/8, cluster: 17}", .rest = rest};
  for (int i = 0; i < clusters; ++i) {
    mesh.more += fmt::format("  - {{name: c{}, apiserver: {{ips: [192.0.3.{}]}}}}\n", i, i);
  }
  return mesh;
}

}  // namespace

std::vector<Trap> service_traps() {
  const std::string plain = "version: 1.18.0";
  const std::string replaced = "version: 1.18.0, kubeProxyReplacement: true";
  return {
      {"affinity none drops remote backends",
       {.rest = service(one_port)},
       {.rest = service(one_port + ", affinity: none")},
       "makes some Cilium versions drop all remote backends"},
      {"an affinity that does not exist",
       {.rest = service(one_port + ", affinity: local")},
       {.rest = service(one_port + ", affinity: nearest")},
       "expected one of local, remote"},
      {"ports without names cannot be matched",
       {.rest = service("ports: [{name: x, port: 80}, {name: y, port: 81}]")},
       {.rest = service("ports: [{port: 80}, {port: 81}]")},
       "each of several ports needs a name"},
      {"two ports to one target before 1.20",
       {.cilium = "version: 1.20.0",
        .rest = service("ports: [{name: x, port: 80}, {name: y, port: 81, targetPort: 80}]")},
       {.cilium = "version: 1.19.6",
        .rest = service("ports: [{name: x, port: 80}, {name: y, port: 81, targetPort: 80}]")},
       "then loses remote backends"},
      {"one Service twice",
       {.rest = service(one_port)},
       {.rest = "services: [{name: api, sample: false, ports: [{port: 80}]}, {name: api, sample: false, "
                "ports: [{port: 80}]}]\n"},
       "a second one is called default/api"},
      {"Cilium's ingress needs kube-proxy replacement", behind("controller: cilium", replaced),
       behind("controller: cilium", plain), "needs kubeProxyReplacement set to true, and a has nothing"},
      {"Gateway API needs kube-proxy replacement", behind("controller: gateway", replaced),
       behind("controller: gateway", "version: 1.18.0, kubeProxyReplacement: false"),
       "needs kubeProxyReplacement set to true, and a has false"},
      {"Gateway API needs the L7 proxy", behind("controller: gateway", replaced + ", l7Proxy: true"),
       behind("controller: gateway", replaced + ", l7Proxy: false"),
       "gateway needs the L7 proxy, which a has off"},
      {"ingress-nginx on the host's network sees no remote backends", behind("controller: nginx", replaced),
       behind("controller: nginx, hostNetwork: true", replaced), "belongs to controller: cilium or gateway"},
      {"an ingress without a Service",
       behind("port: 80", plain),
       {.a = "ingress: [198.51.100.1]",
        .b = "ingress: [198.51.100.2]",
        .rest = "ingress: {host: api.example.org}\n"},
       "there is no Service that it could lead to"},
      {"an ingress without addresses",
       behind("port: 80", plain),
       {.rest = ingress("port: 80")},
       "a names no address",
       Severity::warning},
      {"one ingress address for two clusters",
       behind("port: 80", plain),
       {.a = "ingress: [198.51.100.1]", .b = "ingress: [198.51.100.1]", .rest = ingress("port: 80")},
       "198.51.100.1 is named twice"},
      {"a ServiceImport behind an Ingress",
       {.cilium = replaced,
        .a = "ingress: [198.51.100.1]",
        .b = "ingress: [198.51.100.2]",
        .rest =
            service(one_port + ", export: mcs") + "ingress: {host: api.example.org, controller: gateway}\n"},
       {.cilium = replaced,
        .a = "ingress: [198.51.100.1]",
        .b = "ingress: [198.51.100.2]",
        .rest =
            service(one_port + ", export: mcs") + "ingress: {host: api.example.org, controller: cilium}\n"},
       "an Ingress cannot lead to a ServiceImport"},
      {"Pods of one name behind a headless Service",
       {.rest = "services:\n  - {name: db, sample: false, ports: [{name: pg, port: 5432}]}\n"},
       {.rest =
            "services:\n  - {name: db, sample: false, headless: true, ports: [{name: pg, port: 5432}]}\n"},
       "Pods of one name in two clusters would share one DNS name",
       Severity::note},
      {"a headless Service behind an Ingress",
       {.a = "ingress: [198.51.100.1]",
        .b = "ingress: [198.51.100.2]",
        .rest = service(one_port) + "ingress: {host: api.example.org}\n"},
       {.a = "ingress: [198.51.100.1]",
        .b = "ingress: [198.51.100.2]",
        .rest = service(one_port + ", headless: true") + "ingress: {host: api.example.org}\n"},
       "is headless, and has no ClusterIP"},
      {"affinity of a ServiceExport",
       {.rest = service(one_port + ", export: mcs")},
       {.rest = service(one_port + ", export: mcs, affinity: local")},
       "a ServiceExport has none"},
      {"a Service that nobody shares",
       {.rest = service(one_port + ", clusters: {a: {shared: false}}")},
       {.rest = service(one_port + ", shared: false")},
       "no cluster shares default/api",
       Severity::warning},
      {"an override for a cluster that is not there",
       {.rest = service(one_port + ", clusters: {a: {affinity: local}}")},
       {.rest = service(one_port + ", clusters: {c: {affinity: local}}")},
       "there is no cluster \"c\""},
      {"Cilium's ingress on another port", behind("controller: cilium", replaced),
       behind("controller: cilium, port: 8080", replaced), "listens on 80 and 443, not on 8080",
       Severity::warning},
      {"a port that Envoy may not take",
       behind("controller: cilium, port: 8080, hostNetwork: true", replaced),
       behind("controller: cilium, port: 80, hostNetwork: true", replaced), "only with NET_BIND_SERVICE",
       Severity::warning},
      {"a name outside the zone",
       {.a = "ingress: [198.51.100.1]",
        .b = "ingress: [198.51.100.2]",
        .rest = ingress("port: 80") + "dns: {zone: example.org}\n"},
       {.a = "ingress: [198.51.100.1]",
        .b = "ingress: [198.51.100.2]",
        .rest = ingress("port: 80") + "dns: {zone: ample.org}\n"},
       "api.example.org is not in the zone ample.org"},
      {"a user for each cluster without a common CA",
       {.rest = "trust: {authMode: cluster}\n"},
       {.rest = "trust: {mode: inline, folder: peers, authMode: cluster}\n"},
       "cluster needs one CA for all"},
      {"certificates in the values",
       {.rest = "trust: {mode: sharedCA}\n"},
       {.rest = "trust: {mode: inline, folder: peers}\n"},
       "inline is deprecated",
       Severity::warning},
      {"sixty peers with certificates in the values are too much for Helm",
       many(60, "trust: {mode: sharedCA}\n"), many(60, "trust: {mode: inline, folder: peers}\n"),
       "% of the 1 MiB that a Secret holds", Severity::warning},
      {"250 peers with certificates in the values are too much for kvstoremesh",
       many(250, "trust: {mode: sharedCA}\n"), many(250, "trust: {mode: inline, folder: peers}\n"),
       "the Secret cilium-kvstoremesh with 251 peers", Severity::warning},
      {"certificates that nobody renews",
       {.rest = "trust: {issuer: cronJob}\n"},
       {.rest = "trust: {issuer: helm}\n"},
       "never renews in between",
       Severity::warning},
      {"cert-manager without an issuer",
       {.rest = "trust: {mode: certManager, issuerRef: {name: mesh}}\n"},
       {.rest = "trust: {mode: certManager}\n"},
       "trust.issuerRef: this key is required"},
      {"a cacheTTL before 1.19",
       {.cilium = "version: 1.19.6, cacheTTL: 10m"},
       {.cilium = "version: 1.18.12, cacheTTL: 10m"},
       "has no such setting and would ignore it"},
      {"a default for namespaces before 1.20",
       {.cilium = "version: 1.20.0, defaultGlobalNamespace: false"},
       {.cilium = "version: 1.19.6, defaultGlobalNamespace: false"},
       "has no such setting and would ignore it"},
      {"a default for policies before 1.18",
       {.cilium = "version: 1.18.0, policyDefaultLocalCluster: true"},
       {.cilium = "version: 1.17.5, policyDefaultLocalCluster: true"},
       "has no such setting and would ignore it"},
      {"policies that read differently while upgrading",
       {.cilium = "version: 1.19.6"},
       {.cilium = "version: 1.18.12", .b = "cilium: {version: 1.19.6}"},
       "differ in policyDefaultLocalCluster",
       Severity::warning},
  };
}

}  // namespace meshdrill::mesh
