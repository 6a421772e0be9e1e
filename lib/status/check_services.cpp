#include "base/text.hpp"
#include "mesh/cilium_version.hpp"
#include "status/checks.hpp"
#include "status/parse.hpp"
#include "status/reads.hpp"

#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

namespace meshdrill::status {
namespace {

// One Service in the clusters that have it.
struct Everywhere {
  std::string key;
  std::vector<std::pair<const LiveCluster*, const ServiceView*>> global;
  std::vector<const LiveCluster*> not_global;
  std::vector<const LiveCluster*> missing;
};

bool services_known(const LiveCluster& cluster) {
  return cluster.reachable && !cluster.config.empty() &&
         !cluster.unreadable(std::string(read_of(ReadId::services).what));
}

std::map<std::string, Everywhere> collect(const LiveMesh& mesh) {
  std::map<std::string, Everywhere> services;
  for (const LiveCluster& cluster : mesh.clusters) {
    for (const ServiceView& service : cluster.services) {
      if (service.global) services[service.key].global.emplace_back(&cluster, &service);
    }
  }
  for (auto& [key, everywhere] : services) {
    everywhere.key = key;
    for (const LiveCluster& cluster : mesh.clusters) {
      if (!services_known(cluster)) continue;
      const auto found = std::ranges::find(cluster.services, key, &ServiceView::key);
      if (found == cluster.services.end()) {
        everywhere.missing.push_back(&cluster);
      } else if (!found->global) {
        everywhere.not_global.push_back(&cluster);
      }
    }
  }
  return services;
}

void check_presence(const Everywhere& service, Found& found) {
  const std::string& first = service.global.front().first->name();
  for (const LiveCluster* cluster : service.missing) {
    found.add("service-missing", cluster->name(),
              fmt::format("Service {} does not exist, and is global in {}", service.key, first),
              "Create it with the same name, namespace and port names, also where no Pod is behind it.");
  }
  for (const LiveCluster* cluster : service.not_global) {
    found.add("service-not-global", cluster->name(),
              fmt::format("Service {} is not global, and is so in {}", service.key, first),
              "Annotate it with service.cilium.io/global: \"true\".");
  }
}

std::set<std::string> port_names(const ServiceView& service) {
  std::set<std::string> names;
  for (const ServicePortView& port : service.ports) names.insert(port.name + "/" + port.protocol);
  return names;
}

std::string shown(const std::set<std::string>& names) {
  std::vector<std::string> words;
  for (const std::string& name : names) words.push_back(name.starts_with('/') ? "(unnamed)" + name : name);
  return words.empty() ? "none" : join_words(words);
}

void check_target_ports(const Everywhere& service, Found& found) {
  std::vector<std::string> clusters;
  std::string target;
  for (const auto& [cluster, view] : service.global) {
    const auto version = mesh::parse_version(cluster->cilium);
    const mesh::CiliumMinor* minor = version ? mesh::find_minor(*version) : nullptr;
    if (minor == nullptr || !minor->shared_target_port_loses_backends) continue;
    std::set<std::string> targets;
    for (const ServicePortView& port : view->ports) {
      if (targets.insert(port.target + "/" + port.protocol).second) continue;
      target = port.target;
      clusters.push_back(cluster->name());
      break;
    }
  }
  if (clusters.empty()) return;
  found.add("service-target-port", clusters.size() == 1 ? clusters.front() : std::string{},
            fmt::format("two ports of Service {} lead to the target port {} in {}", service.key, target,
                        join_words(clusters)),
            "Give each port a target port of its own, or upgrade.");
}

void check_ports(const Everywhere& service, Found& found) {
  const auto& [first, expected] = service.global.front();
  for (const auto& [cluster, view] : service.global) {
    if (port_names(*view) != port_names(*expected)) {
      found.add("service-ports-differ", cluster->name(),
                fmt::format("Service {} has the ports {} here and {} in {}", service.key,
                            shown(port_names(*view)), shown(port_names(*expected)), first->name()),
                "Give the ports the same names everywhere; numbers and targets may differ.");
    }
  }
}

void check_affinity(const Everywhere& service, Found& found) {
  const auto& [first, expected] = service.global.front();
  for (const auto& [cluster, view] : service.global) {
    const std::string& affinity = view->affinity;
    if (!affinity.empty() && affinity != "local" && affinity != "remote") {
      found.add("service-affinity", cluster->name(),
                fmt::format("Service {} has service.cilium.io/affinity: \"{}\"", service.key, affinity),
                "Remove the annotation for no affinity; the others are local and remote.");
    } else if (affinity != expected->affinity &&
               (expected->affinity.empty() || expected->affinity == "local" ||
                expected->affinity == "remote")) {
      const auto word = [](const std::string& one) { return one.empty() ? std::string("none") : one; };
      found.add("service-affinity-differs", cluster->name(),
                fmt::format("Service {} has affinity {} here and {} in {}", service.key, word(affinity),
                            word(expected->affinity), first->name()),
                "Set the same in all clusters, unless that is what is wanted.");
    }
  }
}

// The truth table of global and shared, in words.
void check_sharing(const Everywhere& service, Found& found) {
  std::vector<std::string> keeps;
  for (const auto& [cluster, view] : service.global) {
    if (!view->shared) keeps.push_back(cluster->name());
  }
  if (keeps.empty() || service.global.size() < 2) return;
  const bool all = keeps.size() == service.global.size();
  found.add(
      "service-not-shared", all ? std::string{} : keeps.front(),
      all ? fmt::format("no cluster shares Service {}: each uses its own backends alone", service.key)
          : fmt::format(
                "Service {0} is not shared by {1}: {1} uses the others' backends, and nobody else those "
                "of {1}",
                service.key, join_words(keeps)),
      "Remove service.cilium.io/shared: \"false\", unless that is what is wanted.");
}

void check_endpoints(const LiveMesh& mesh, const Everywhere& service, Found& found) {
  int total = 0;
  std::vector<const LiveCluster*> without;
  for (const auto& [cluster, view] : service.global) {
    if (cluster->unreadable(std::string(read_of(ReadId::endpoint_slices).what))) return;
    total += view->ready;
    if (view->ready == 0) without.push_back(cluster);
  }
  if (total == 0) {
    const bool whole = std::ranges::all_of(mesh.clusters, services_known);
    found.add("endpoints-none", whole ? Level::error : Level::unknown, "",
              fmt::format("Service {} has no ready endpoint in any cluster{}", service.key,
                          whole ? "" : " that could be read"),
              "Look at the Pods behind its selector.");
    return;
  }
  for (const LiveCluster* cluster : without) {
    found.add("endpoints-missing", cluster->name(),
              fmt::format("Service {} has no ready endpoint here", service.key),
              "Look at the Pods behind its selector.");
  }
}

bool sync_is_on(const LiveCluster& cluster) {
  return is_word(cluster.setting("clustermesh-enable-endpoint-sync", "false"), "true");
}

void check_slices(const Everywhere& service, Found& found) {
  for (const auto& [cluster, view] : service.global) {
    if (!view->sync_slices || cluster->unreadable(std::string(read_of(ReadId::endpoint_slices).what)))
      continue;
    if (!sync_is_on(*cluster)) {
      found.add("slices-off", cluster->name(),
                fmt::format("Service {} {}, and clustermesh-enable-endpoint-sync is false", service.key,
                            view->headless ? "is headless" : "asks for global-sync-endpoint-slices"),
                "Set clustermesh.enableEndpointSliceSynchronization: true, or remove the annotation.");
      continue;
    }
    std::vector<std::string> missing;
    for (const auto& [other, remote] : service.global) {
      if (other == cluster || !remote->shared || remote->ready == 0) continue;
      const auto synced = view->synced.find(other->name());
      if (synced == view->synced.end() || synced->second == 0) missing.push_back(other->name());
    }
    if (missing.empty()) continue;
    found.add("slices-not-synced", cluster->name(),
              fmt::format("Service {} has no EndpointSlices of {}, where it has ready endpoints", service.key,
                          join_words(missing)),
              "Look at the log of cilium-operator, which makes them.");
  }
}

void check_namespace(const Everywhere& service, Found& found) {
  const std::string name = service.key.substr(0, service.key.find('/'));
  for (const auto& [cluster, view] : service.global) {
    if (cluster->namespaces.empty()) continue;
    const auto set = cluster->global_namespaces.find(name);
    if (set != cluster->global_namespaces.end() && is_word(set->second, "true")) continue;
    found.add("namespace-not-global", cluster->name(),
              fmt::format("Service {} is global, and its Namespace is not", service.key),
              fmt::format("kubectl annotate namespace {} clustermesh.cilium.io/global=true", name));
  }
}

}  // namespace

void check_services(const LiveMesh& mesh, Found& found) {
  for (const auto& [key, service] : collect(mesh)) {
    check_presence(service, found);
    check_ports(service, found);
    check_target_ports(service, found);
    check_affinity(service, found);
    check_sharing(service, found);
    check_endpoints(mesh, service, found);
    check_slices(service, found);
    check_namespace(service, found);
  }
}

}  // namespace meshdrill::status
