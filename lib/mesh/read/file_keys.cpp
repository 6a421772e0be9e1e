// What each key of a mesh file means: the descriptions of the JSON Schema and of docs/reference/mesh-file.md.
// Types, ranges and which keys there are come from the reader itself; a test holds this table to it.
#include "mesh/read/read_mesh.hpp"

namespace meshdrill::mesh {
namespace {

constexpr KeyMeaning meanings[] = {
    {"apiVersion", "", "the format of this file"},
    {"kind", "", "what this file describes"},
    {"metadata", "", "what the mesh is called"},
    {"metadata.name", "", "of the mesh, for people"},

    {"cilium", "", "how Cilium is installed, the same everywhere"},
    {"cilium.version", "",
     "of the chart, whole: `1.18.0`. 1.16 to 1.20 are known; a newer one gets the values of 1.20 and a "
     "warning, an "
     "older one is refused"},
    {"cilium.release", "cilium", "of Helm"},
    {"cilium.namespace", "kube-system", "of the Helm release"},
    {"cilium.chart", "",
     "what Helm installs; `cilium/cilium` by default. With `valuesKey` there is no default, and the README "
     "asks for "
     "`$CILIUM_CHART`"},
    {"cilium.valuesKey", "",
     "nest the values under this key, for an umbrella chart that depends on Cilium's"},
    {"cilium.valuesFiles", "[]",
     "your own values, given to Helm before ours. Helm replaces a release's values as a whole, so what a "
     "cluster "
     "needs besides must be here. A cluster's own are given after the mesh's"},
    {"cilium.domain", "mesh.cilium.io",
     "peers are known as `<cluster>.<domain>`; another domain is added to the certificates"},
    {"cilium.policyDefaultLocalCluster", "",
     "`true`: policies that name no cluster select local Pods alone. From 1.18; the chart's default turned "
     "from "
     "`false` to `true` in 1.19"},
    {"cilium.cacheTTL", "",
     "from 1.19: how long the backends of a lost cluster are kept, such as `10m`; without it for ever"},
    {"cilium.defaultGlobalNamespace", "",
     "from 1.20, whose default is `true`; with `false` the Namespaces of `services` are annotated as global"},
    {"cilium.maxConnectedClusters", "255", "or `511`; can be set only when the first cluster is installed"},
    {"cilium.kubeProxyReplacement", "",
     "as the chart's value. Without it the chart's default or your own values hold, and rules that depend on "
     "it are "
     "warnings"},
    {"cilium.socketLB", "",
     "`socketLB.enabled` with `hostNamespaceOnly`: Pods on the host's network reach remote backends without "
     "kube-proxy replacement"},
    {"cilium.l7Proxy", "", "as the chart's value, which is `true` by default"},
    {"cilium.encryption", "",
     "between nodes. Clusters that differ get a warning: Cilium documents no mixed mesh. With `ipsec` a note "
     "reminds "
     "that all need the same keys"},
    {"cilium.ipam", "cluster-pool",
     "who hands out Pod addresses. Only `cluster-pool` hands out the Pod CIDRs of this file; the others' are "
     "still "
     "checked"},
    {"cilium.chainingMode", "", "`cni.chainingMode`, for example `aws-cni`"},
    {"cilium.allowUnsafePolicySKBUsage", "false",
     "accept IDs that clash with packet marks (see `clusters[].id`)"},

    {"routing", "", "how Pods reach each other"},
    {"routing.mode", "", "without it the chart's default, tunnels, or your own values hold"},
    {"routing.tunnelProtocol", "", "`vxlan` is the chart's default"},
    {"routing.ipv4NativeRoutingCIDR", "",
     "`native` only; by default the pool. Must hold the Pods of **all** clusters, or traffic between "
     "clusters is "
     "masqueraded ([cilium#33822](https://github.com/cilium/cilium/issues/33822))"},
    {"routing.ipv6NativeRoutingCIDR", "", "the same for IPv6"},

    {"addressing", "",
     "where Pods get their addresses: `ipv4`, `ipv6` or both. A family that is left out is off"},
    {"addressing.ipv4", "", "switches IPv4 on"},
    {"addressing.ipv4.pool", "", "clusters that name no `podCIDRs` of this family get a share of it"},
    {"addressing.ipv4.cluster", "", "prefix length of a cluster's share; required with `pool`"},
    {"addressing.ipv4.node", "24",
     "prefix length of a node's share of that. Not shorter than `cluster`, or Cilium has no block to give "
     "and says so "
     "nowhere"},
    {"addressing.ipv6", "", "switches IPv6 on"},
    {"addressing.ipv6.pool", "", "as with IPv4"},
    {"addressing.ipv6.cluster", "", "prefix length of a cluster's share; required with `pool`"},
    {"addressing.ipv6.node", "120",
     "prefix length of a node's share of that; at most 16 longer than `cluster`"},

    {"networks", "",
     "what Pods must stay clear of: VPNs, offices, anything routed. No Pod CIDR is allocated in one, and one "
     "that "
     "overlaps is an error"},
    {"networks[].name", "", "for messages"},
    {"networks[].cidr", "", "its addresses"},

    {"clusters", "", "the clusters of the mesh, two or more"},
    {"clusters[].name", "", "1 to 32 lower-case letters, digits and `-`; not `default`"},
    {"clusters[].context", "", "of the kubeconfig; by default the name"},
    {"clusters[].id", "",
     "allocated by default; 1 to `maxConnectedClusters`, unique. With ENI, AlibabaCloud and aws-cni chaining "
     "not 128 "
     "to 255 nor 384 to 511, whose packet marks clash "
     "([cilium#21330](https://github.com/cilium/cilium/issues/21330))"},
    {"clusters[].podCIDRs", "",
     "allocated by default; of both families. More may be added later, none taken away. With `ipam` other "
     "than "
     "`cluster-pool` and `kubernetes`, and with aws-cni chaining, they cannot be allocated: name the "
     "networks that "
     "Pods get their addresses from, which may be those of the cluster's own nodes"},
    {"clusters[].nodeCIDRs", "[]", "checked against every Pod CIDR, and kept free"},
    {"clusters[].serviceCIDRs", "[]",
     "the same; a ClusterIP range may be that of other clusters, but holds no node"},
    {"clusters[].nodes", "[]",
     "addresses (InternalIP) of its nodes: unique in the mesh and outside of all Pods"},
    {"clusters[].cilium", "", "what this cluster has of its own; versions are at most one minor apart"},
    {"clusters[].routing", "",
     "all clusters need one mode and one tunnel protocol; the native routing CIDR may be another one"},
    {"clusters[].apiserver", "", "clustermesh-apiserver, as its peers reach it"},
    {"clusters[].apiserver.type", "NodePort", "of its Service"},
    {"clusters[].apiserver.ips", "[]",
     "where the peers reach it; this or `address`. Until every cluster has one, only the values of phase 1 "
     "are "
     "written"},
    {"clusters[].apiserver.address", "", "the same as a name"},
    {"clusters[].apiserver.port", "",
     "with `NodePort` allocated, its own from 32379 up: before Cilium 1.19 equal ones mislead agents with "
     "kube-proxy "
     "replacement ([cilium#24692](https://github.com/cilium/cilium/issues/24692)), an error with "
     "`kubeProxyReplacement: true`, a warning where it is left open. With `LoadBalancer` 2379"},
    {"clusters[].ingress", "[]", "the addresses at which users reach this cluster's ingress"},

    {"services", "", "the global Services"},
    {"services[].name", "", "the same in every cluster"},
    {"services[].namespace", "default", "the same in every cluster"},
    {"services[].ports", "",
     "two with one `targetPort` are refused for Cilium 1.18 and 1.19, which lose remote backends of such a "
     "Service "
     "([cilium#45109](https://github.com/cilium/cilium/issues/45109))"},
    {"services[].ports[].name", "", "needed when there are several: Cilium matches backends by it"},
    {"services[].ports[].port", "", "of the Service"},
    {"services[].ports[].targetPort", "", "of the Pods; by default `port`"},
    {"services[].ports[].protocol", "TCP", "of the port"},
    {"services[].selector", "", "labels of the Pods; by default `{app: <name>}`"},
    {"services[].export", "annotations",
     "how clusters share it: `annotations` are Cilium's own; `mcs` writes a ServiceExport of the "
     "[MCS-API](https://docs.cilium.io/en/stable/network/clustermesh/mcsapi/) instead, switches it on in the "
     "chart, "
     "and has the Gateway lead to the ServiceImport"},
    {"services[].headless", "false",
     "`clusterIP: None`; switches EndpointSlice synchronization on. Pods of a StatefulSet need other names "
     "in each "
     "cluster"},
    {"services[].shared", "true", "`false`: this mesh's clusters do not offer their backends"},
    {"services[].affinity", "",
     "all or nothing: the others' backends count only when there is none. Never `none`, which loses remote "
     "backends "
     "in some versions ([cilium#46623](https://github.com/cilium/cilium/issues/46623))"},
    {"services[].syncEndpointSlices", "false",
     "mirror remote EndpointSlices, with the chart's switch for it. Not needed with the ingress that is "
     "written here"},
    {"services[].sample", "true",
     "with a Deployment (nginx) and a ConfigMap whose page says `Hello from Cluster <name>`"},
    {"services[].replicas", "1", "of the sample"},
    {"services[].image", "nginx:1.28", "of the sample"},
    {"services[].clusters", "", "what single clusters do differently, by their names"},
    {"services[].clusters.*.shared", "", "`false`: this cluster does not offer its backends"},
    {"services[].clusters.*.affinity", "", "of this cluster's clients"},
    {"services[].clusters.*.replicas", "", "of the sample in this cluster"},

    {"ingress", "", "the way in"},
    {"ingress.controller", "nginx",
     "`nginx`: ingress-nginx with `service-upstream`, so that Cilium chooses among the clusters; retired "
     "since March "
     "2026. `cilium`: Cilium's own ingress. `gateway`: Cilium's Gateway API, as a Gateway and an HTTPRoute. "
     "The last "
     "two need `cilium.kubeProxyReplacement: true` and the L7 proxy, or the chart fails"},
    {"ingress.host", "",
     "the DNS name that gets every cluster's address; users ask `http://<host>:<port><path>`"},
    {"ingress.tls", "", "HTTPS"},
    {"ingress.tls.secretName", "", "the Secret of the Service's namespace, in every cluster"},
    {"ingress.port", "", "by default 80, with `tls` 443"},
    {"ingress.path", "/", "what is asked for"},
    {"ingress.service", "", "`name` or `namespace/name` of the Service behind it; by default the first"},
    {"ingress.hostNetwork", "",
     "`cilium`, `gateway`: `true` to listen on the nodes' own addresses, without a Service of type "
     "LoadBalancer"},
    {"ingress.listenerPort", "",
     "`cilium` with `hostNetwork`: the port on the nodes, where a load balancer in front maps it; by default "
     "`port`"},
    {"ingress.nodeSelector", "",
     "which nodes run the controller; with `cilium` and `gateway`, which nodes listen (`hostNetwork`)"},
    {"ingress.className", "", "by default `nginx` or `cilium`"},
    {"ingress.release", "ingress-nginx", "`nginx`: of Helm"},
    {"ingress.namespace", "ingress-nginx", "`nginx`: of its Helm release"},
    {"ingress.chart", "", "`nginx`: what Helm installs; `ingress-nginx/ingress-nginx` by default"},
    {"ingress.valuesKey", "", "`nginx`: as under `cilium`"},

    {"dns", "", "how the name gets its records"},
    {"dns.ttl", "60", "seconds"},
    {"dns.zone", "", "the name must be in it; without one nsupdate finds it out"},
    {"dns.server", "", "where nsupdate sends to, as it takes it: a host, and a port behind a blank"},
    {"dns.namespace", "default", "of the DNSEndpoint"},

    {"trust", "", "whose certificates the clusters take"},
    {"trust.mode", "sharedCA",
     "`sharedCA`: one CA for all clusters. `certManager`: cert-manager in each cluster. `inline`: every "
     "cluster has a "
     "CA of its own, and the peers' certificates stand in the values (deprecated)"},
    {"trust.issuer", "meshdrill", "`sharedCA`: who issues from the CA"},
    {"trust.ca", "",
     "`sharedCA`: PEM files. Without it `generate` makes a CA for ten years and keeps it beside the mesh "
     "file as "
     "`<file>.ca.crt` and `<file>.ca.key` (0600). The key is secret; the certificate goes into version "
     "control with "
     "the lock"},
    {"trust.ca.cert", "", "the certificate's file; a relative path starts at the mesh file's folder"},
    {"trust.ca.key", "", "the key's file"},
    {"trust.authMode", "",
     "the etcd user of the peers, `remote` for all or `remote-<cluster>`. The chart's default is `legacy` up "
     "to 1.18 "
     "and `migration` from 1.19 on. The way from `legacy` to `cluster` leads over `migration`"},
    {"trust.validityDays", "", "the chart's by default: 1095; 365 from 1.20 on"},
    {"trust.issuerRef", "", "`certManager`: required"},
    {"trust.issuerRef.name", "", "of the issuer"},
    {"trust.issuerRef.kind", "", "of the issuer; `ClusterIssuer` by default"},
    {"trust.issuerRef.group", "", "of its kind; `cert-manager.io` by default"},
    {"trust.folder", "",
     "`inline`: required; where `<cluster>.yaml` is the Secret `clustermesh-apiserver-remote-cert` of that "
     "cluster, as "
     "kubectl prints it; `generate --pull-trust` reads it from the live clusters and writes it there (0600). "
     "Until all "
     "are there, phase 2 is not written"},
};

}  // namespace

std::span<const KeyMeaning> mesh_file_meanings() {
  return meanings;
}

}  // namespace meshdrill::mesh
