// The way in: controller, global Services, DNS.
#include "base/text.hpp"
#include "mesh/cilium_version.hpp"
#include "mesh/render/readme.hpp"
#include "mesh/render/render.hpp"
#include "mesh/render/render_parts.hpp"

#include <fmt/format.h>

namespace meshdrill::mesh {

void Readme::label_nodes() {
  const auto& selector = mesh_.ingress->node_selector;
  if (selector.empty()) return;
  std::string labels;
  for (const auto& [key, value] : selector)
    labels += fmt::format(" {}", shell_quote(fmt::format("{}={}", key, value)));
  line("Choose the nodes that take the traffic, and label them (NODE is one of those listed):");
  line();
  std::vector<std::string> lines;
  for (const Cluster& cluster : mesh_.clusters) {
    lines.push_back(fmt::format("{} get nodes", kubectl(cluster)));
    lines.push_back(fmt::format("{} label node NODE{}", kubectl(cluster), labels));
  }
  commands(lines);
  line();
}

void Readme::ingress_secret() {
  const GlobalService* service = ingress_backend(mesh_);
  if (mesh_.ingress->tls_secret.empty() || service == nullptr) return;
  line(fmt::format("The certificate of {}, the same in every cluster:", mesh_.ingress->host));
  line();
  for_each_cluster([&](const Cluster& cluster) {
    return fmt::format("{} -n {} create secret tls {} --cert=tls.crt --key=tls.key", kubectl(cluster),
                       service->kube_namespace, mesh_.ingress->tls_secret);
  });
  line();
}

void Readme::ingress() {
  const Ingress& ingress = *mesh_.ingress;
  step("Ingress controller");
  if (ingress.controller == Ingress::Controller::nginx) {
    line(
        "ingress-nginx is retired since March 2026: it works, and gets no fixes any more. The mesh file can "
        "ask for "
        "`controller: gateway` or `cilium` instead.");
    line();
  }
  label_nodes();
  ingress_secret();
  if (ingress.controller != Ingress::Controller::nginx) {
    line(
        "Cilium brings the controller itself: phase 1 has switched it on. On a cluster where Cilium runs "
        "already, agents and operator must restart once to see it:");
    line();
    std::vector<std::string> lines;
    for (const Cluster& cluster : mesh_.clusters) {
      lines.push_back(fmt::format("{} rollout restart deployment/cilium-operator daemonset/cilium",
                                  kubectl_in_cilium(cluster)));
    }
    commands(lines);
    return;
  }
  const std::string chart_name =
      chart(ingress.chart, ingress.values_key, "ingress-nginx/ingress-nginx", "INGRESS_CHART");
  for_each_cluster([&](const Cluster& cluster) {
    return fmt::format("helm upgrade --install {} {} --kube-context {} -n {} --create-namespace --wait -f {}",
                       shell_quote(ingress.release), chart_name, shell_quote(cluster.context),
                       ingress.kube_namespace, ingress_values_path(cluster));
  });
}

void Readme::services() {
  if (mesh_.services.empty()) return;
  step(mesh_.ingress ? "Global Services and the way in" : "Global Services");
  if (needs_mcs_api(mesh_)) {
    line(
        "Services that are exported through the MCS-API are found as SERVICE.NAMESPACE.svc.clusterset.local "
        "once "
        "CoreDNS (1.12.2 or later) has its multicluster plugin; from Cilium 1.19 on the Helm value "
        "`clustermesh.mcsapi.corednsAutoConfigure.enabled` sets that up.");
    line();
  }
  for_each_cluster(
      [&](const Cluster& cluster) { return fmt::format("{} apply -k {}", kubectl(cluster), cluster.name); });
  std::vector<std::string> waits;
  for (const Cluster& cluster : mesh_.clusters) {
    for (const GlobalService& service : mesh_.services) {
      if (!service.sample) continue;
      waits.push_back(fmt::format("{} -n {} rollout status deployment/{}", kubectl(cluster),
                                  service.kube_namespace, service.name));
    }
  }
  if (waits.empty()) return;
  line();
  commands(waits);
}

void Readme::dns() {
  const Ingress& ingress = *mesh_.ingress;
  step("DNS");
  line(fmt::format("{} gets the addresses of every cluster's ingress, with a short time to live:",
                   ingress.host));
  line();
  line("```");
  bool complete = true;
  bool any = false;
  for (const Cluster& cluster : mesh_.clusters) {
    for (const LocatedAddress& item : cluster.ingress) {
      const std::string_view type = item.address.family == Family::ipv4 ? "A" : "AAAA";
      line(fmt::format("{}. {} IN {} {}  ; {}", ingress.host, mesh_.dns.ttl, type, to_string(item.address),
                       cluster.name));
    }
    complete = complete && !cluster.ingress.empty();
    any = any || !cluster.ingress.empty();
  }
  line("```");
  if (any) {
    line();
    line("One of these, whatever serves the zone: paste `dns/records.zone` into a zone file; or");
    line();
    commands({"nsupdate -k \"${KEYFILE:?the TSIG key that may update the zone}\" dns/nsupdate.txt"});
    line();
    line("or, with external-dns in one of the clusters:");
    line();
    commands({fmt::format("{} apply -f dns/dnsendpoint.yaml", kubectl(mesh_.clusters.front()))});
  }
  if (complete) return;
  line();
  line("These clusters have no address in the mesh file yet; look it up and add it under `ingress`:");
  line();
  std::vector<std::string> lines;
  const GlobalService* backend = ingress_backend(mesh_);
  for (const Cluster& cluster : mesh_.clusters) {
    if (!cluster.ingress.empty()) continue;
    if (ingress.controller == Ingress::Controller::nginx) {
      lines.push_back(fmt::format("{} -n {} get service", kubectl(cluster), ingress.kube_namespace));
    } else {
      lines.push_back(
          fmt::format("{} -n {} get {}", kubectl(cluster), backend->kube_namespace,
                      ingress.controller == Ingress::Controller::gateway ? "gateway" : "ingress"));
    }
  }
  commands(lines);
}

}  // namespace meshdrill::mesh
