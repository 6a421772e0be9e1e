#include "mesh/check/check_services.hpp"

#include "mesh/check/check_output.hpp"
#include "mesh/cilium_version.hpp"
#include "mesh/names.hpp"

#include <algorithm>
#include <map>
#include <set>
#include <utility>

#include <fmt/format.h>

namespace meshdrill::mesh {
namespace {

// `losing` is a version among the clusters' that loses backends of a shared targetPort, or nullptr.
void check_ports(const GlobalService& service, const CiliumMinor* losing, Findings& found) {
  if (service.ports.empty()) {
    found.error("service-ports", service.where,
                fmt::format("services: {} has no ports", qualified_name(service)));
  }
  std::map<std::string, Location> names;
  std::map<std::pair<std::string, int>, Location> numbers;
  std::set<std::pair<std::string, int>> targets;
  for (const ServicePort& port : service.ports) {
    if (!port.name.empty()) found.name(port.where, "ports.name", wrong_port_name(port.name));
    if (port.name.empty() && service.ports.size() > 1) {
      found.error("service-ports", port.where, "ports.name: each of several ports needs a name",
                  "Cilium matches the backends of other clusters by it.");
    } else {
      found.repeated("service-ports", names, port.name, port.where,
                     fmt::format("ports.name: \"{}\" is used twice", port.name));
    }
    found.repeated("service-ports", numbers, {port.protocol, port.port}, port.where,
                   fmt::format("ports.port: {}/{} is used twice", port.port, port.protocol));
    const bool fresh = targets.emplace(port.protocol, port.target_port).second;
    if (!fresh && losing != nullptr) {
      found.error(
          "shared-target-port", port.where,
          fmt::format("ports.targetPort: two ports lead to {}; Cilium 1.{} then loses remote backends "
                      "(cilium/cilium#45109)",
                      port.target_port, losing->minor),
          "Give each port a targetPort of its own: the container may listen twice.");
    }
  }
}

void check_sample(const GlobalService& service, Findings& found) {
  for (const ServicePort& port : service.ports) {
    if (port.target_port == 80 && port.protocol == "TCP") continue;
    found.error(
        "sample-port", port.where,
        fmt::format("services: the sample workload of {} is nginx, which answers on 80/TCP, not on {}/{}",
                    qualified_name(service), port.target_port, port.protocol),
        "Set targetPort: 80, or sample: false when a workload of your own is behind the Service.");
  }
}

void check_overrides(const Mesh& mesh, const GlobalService& service, Findings& found) {
  for (const auto& [name, item] : service.overrides) {
    const auto known = std::find_if(mesh.clusters.begin(), mesh.clusters.end(),
                                    [&](const Cluster& cluster) { return cluster.name == name; });
    if (known == mesh.clusters.end()) {
      found.error("unknown-cluster", item.where,
                  fmt::format("services.clusters: there is no cluster \"{}\"", name));
    }
  }
  const bool nobody = std::none_of(mesh.clusters.begin(), mesh.clusters.end(), [&](const Cluster& cluster) {
    return service.in_cluster(cluster.name).shared;
  });
  if (nobody && mesh.clusters.size() > 1) {
    found.warning(
        "nobody-shares", service.where,
        fmt::format("services: no cluster shares {}, so nothing fails over", qualified_name(service)));
  }
}

// What the MCS-API has no place for.
void check_export(const GlobalService& service, Findings& found) {
  if (service.exported_by != GlobalService::Export::mcs) return;
  const bool affinity = service.affinity != GlobalService::Affinity::unset ||
                        std::any_of(service.overrides.begin(), service.overrides.end(),
                                    [](const auto& entry) { return entry.second.affinity.has_value(); });
  if (affinity) {
    found.error("export-affinity", service.affinity_where,
                "affinity: is an annotation of global Services, and a ServiceExport has none",
                "Use export: annotations.");
  }
}

void check_ingress(const Mesh& mesh, Findings& found) {
  if (!mesh.ingress) return;
  const Ingress& ingress = *mesh.ingress;
  found.name(ingress.host_where, "ingress.host", wrong_host_name(ingress.host));
  found.name(ingress.where, "ingress.namespace", wrong_label(ingress.kube_namespace));
  found.name(ingress.where, "ingress.release", wrong_label(ingress.release));
  if (!ingress.values_key.empty())
    found.name(ingress.where, "ingress.valuesKey", wrong_values_key(ingress.values_key));
  if (!ingress.chart.empty()) found.name(ingress.where, "ingress.chart", wrong_text(ingress.chart));
  found.name(ingress.where, "ingress.className", wrong_label(ingress.class_name));
  if (!ingress.path.starts_with('/'))
    found.error("ingress-path", ingress.where, "ingress.path: must start with '/'");
  if (mesh.services.empty()) {
    found.error("ingress-service", ingress.where, "ingress: there is no Service that it could lead to",
                "Add one under services.");
    return;
  }
  if (ingress_backend(mesh) == nullptr) {
    found.error("ingress-service", ingress.service_where,
                fmt::format("ingress.service: there is no Service \"{}\" under services", ingress.service));
    return;
  }
  const auto same_name =
      std::count_if(mesh.services.begin(), mesh.services.end(),
                    [&](const GlobalService& service) { return service.name == ingress.service; });
  if (same_name > 1) {
    found.error("ingress-service", ingress.service_where,
                fmt::format("ingress.service: \"{}\" is in more than one namespace", ingress.service),
                "Write it as namespace/name.");
  }
}

}  // namespace

void check_services(const Mesh& mesh, Findings& found) {
  const CiliumMinor* losing = nullptr;
  bool versions_known = true;
  for (const Cluster& cluster : mesh.clusters) {
    const Result<CiliumVersion> version = parse_version(cluster.version);
    const CiliumMinor* minor = version ? find_minor(*version) : nullptr;
    versions_known = versions_known && minor != nullptr;
    if (minor != nullptr && minor->shared_target_port_loses_backends) losing = minor;
  }
  std::map<std::string, Location> seen;
  for (const GlobalService& service : mesh.services) {
    found.name(service.where, "services.name", wrong_service_name(service.name));
    found.name(service.where, "services.namespace", wrong_label(service.kube_namespace));
    found.repeated("duplicate-service", seen, qualified_name(service), service.where,
                   fmt::format("services: a second one is called {}", qualified_name(service)));
    check_ports(service, losing, found);
    if (service.sample) check_sample(service, found);
    if (service.headless) {
      found.note("headless-names", service.where,
                 fmt::format("services: {} is headless: Pods of one name in two clusters would share one DNS "
                             "name",
                             qualified_name(service)),
                 "Give the StatefulSets behind it another name in each cluster.");
    }
    check_overrides(mesh, service, found);
    check_export(service, found);
  }
  check_ingress(mesh, found);
  if (versions_known) check_output(mesh, found);
}

}  // namespace meshdrill::mesh
