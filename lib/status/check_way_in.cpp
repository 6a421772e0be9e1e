#include "base/text.hpp"
#include "status/checks.hpp"
#include "status/parse.hpp"
#include "status/reads.hpp"

#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

namespace meshdrill::status {
namespace {

constexpr std::string_view nginx = "k8s.io/ingress-nginx";

// Which clusters have an Ingress for a host and a Service.
using WaysIn = std::map<std::pair<std::string, std::string>,
                        std::vector<std::pair<const LiveCluster*, const IngressView*>>>;

bool is_global(const LiveMesh& mesh, const std::string& service) {
  return std::ranges::any_of(mesh.clusters, [&](const LiveCluster& cluster) {
    return std::ranges::any_of(cluster.services,
                               [&](const ServiceView& one) { return one.global && one.key == service; });
  });
}

WaysIn collect(const LiveMesh& mesh) {
  WaysIn ways;
  for (const LiveCluster& cluster : mesh.clusters) {
    for (const IngressView& ingress : cluster.ingresses) {
      if (!is_global(mesh, ingress.service)) continue;
      ways[{ingress.host, ingress.service}].emplace_back(&cluster, &ingress);
    }
  }
  return ways;
}

std::string controller_of(const LiveCluster& cluster, const IngressView& ingress) {
  const auto known = cluster.ingress_classes.find(ingress.class_name);
  return known == cluster.ingress_classes.end() ? std::string{} : known->second;
}

void check_upstream(const LiveCluster& cluster, const IngressView& ingress, Found& found) {
  if (controller_of(cluster, ingress) != nginx || ingress.service_upstream) return;
  const auto service = std::ranges::find(cluster.services, ingress.service, &ServiceView::key);
  if (service == cluster.services.end() || !service->global) return;
  const bool synced =
      service->sync_slices && is_word(cluster.setting("clustermesh-enable-endpoint-sync", "false"), "true");
  if (synced) return;
  found.add(
      "upstream-local-only", cluster.name(),
      fmt::format("Ingress {} leads to Service {} without service-upstream", ingress.key, ingress.service),
      "Annotate it with nginx.ingress.kubernetes.io/service-upstream: \"true\".");
}

void check_ingresses(const LiveMesh& mesh, const WaysIn& ways, Found& found) {
  for (const auto& [way, clusters] : ways) {
    const auto& [host, service] = way;
    for (const LiveCluster& cluster : mesh.clusters) {
      if (!cluster.reachable || cluster.unreadable(std::string(read_of(ReadId::ingresses).what))) continue;
      const auto own = std::ranges::find_if(clusters, [&](const auto& one) { return one.first == &cluster; });
      if (own == clusters.end()) {
        found.add("ingress-differs", cluster.name(),
                  fmt::format("no Ingress leads {} to Service {}, as one of {} does",
                              host.empty() ? "users" : host, service, clusters.front().first->name()),
                  "Apply the same Ingress here.");
        continue;
      }
      if (own->second->addresses.empty()) {
        found.add("ingress-no-address", cluster.name(),
                  fmt::format("Ingress {} has no address", own->second->key),
                  "Its controller writes it: check that it runs and that the Ingress is of its class.");
      }
      check_upstream(cluster, *own->second, found);
    }
  }
}

void check_controller(const LiveCluster& cluster, const std::string& controller, Found& found) {
  const auto known = cluster.ingress_controllers.find(controller);
  if (known == cluster.ingress_controllers.end() ||
      cluster.unreadable(std::string(read_of(ReadId::ingress_pods).what))) {
    return;
  }
  const ControllerView& pods = known->second;
  if (pods.ready == 0) {
    found.add("ingress-controller", cluster.name(),
              pods.seen ? fmt::format("none of {} of {} is ready",
                                      plural(static_cast<std::size_t>(pods.total), "Pod"), controller)
                        : fmt::format("there is no Pod of {}", controller),
              "kubectl get pods -A -l app.kubernetes.io/name=ingress-nginx shows them.");
  }
  const std::string replaced = cluster.setting("kube-proxy-replacement", "false");
  const bool socket_lb = is_word(cluster.setting("bpf-lb-sock", "false"), "true") &&
                         is_word(cluster.setting("bpf-lb-sock-hostns-only", "false"), "true");
  if (!pods.host_network || is_word(replaced, "true") || replaced == "strict" || socket_lb ||
      cluster.config.empty()) {
    return;
  }
  found.add("host-network-backends", cluster.name(),
            fmt::format("{} is on hostNetwork, and kube-proxy-replacement is {}", controller, replaced),
            "Set kubeProxyReplacement: true, or socketLB.enabled and socketLB.hostNamespaceOnly.");
}

void check_controllers(const LiveMesh& mesh, const WaysIn& ways, Found& found) {
  std::set<std::pair<const LiveCluster*, std::string>> used;
  for (const auto& [way, clusters] : ways) {
    for (const auto& [cluster, ingress] : clusters) used.emplace(cluster, controller_of(*cluster, *ingress));
  }
  for (const LiveCluster& cluster : mesh.clusters) {
    for (const auto& [controller, pods] : cluster.ingress_controllers) {
      if (used.contains({&cluster, controller})) check_controller(cluster, controller, found);
    }
  }
}

std::set<IpAddress> wanted_for(const WaysIn& ways, const std::string& host, bool& names) {
  std::set<IpAddress> wanted;
  for (const auto& [way, clusters] : ways) {
    if (way.first != host) continue;
    for (const auto& [cluster, ingress] : clusters) {
      for (const std::string& text : ingress->addresses) {
        if (const auto address = parse_ip(text)) {
          wanted.insert(*address);
        } else {
          names = true;
        }
      }
    }
  }
  return wanted;
}

// An address in the words of the cluster that it belongs to.
std::string owner_of(const WaysIn& ways, const IpAddress& address) {
  for (const auto& [way, clusters] : ways) {
    for (const auto& [cluster, ingress] : clusters) {
      if (std::ranges::count(ingress->addresses, to_string(address)) > 0) return cluster->name();
    }
  }
  return {};
}

std::string list_of(const std::vector<IpAddress>& addresses) {
  std::vector<std::string> words;
  for (const IpAddress& address : addresses) words.push_back(to_string(address));
  return words.empty() ? "none" : join_words(words);
}

// The first view of a host is what it is held against; the others are held against that.
void check_dns(const LiveMesh& mesh, const WaysIn& ways, Found& found) {
  std::map<std::string, const DnsView*> first;
  for (const DnsView& view : mesh.dns) {
    if (!view.problem.empty()) {
      found.add("dns-lookup-failed", "", fmt::format("{} by {}: {}", view.host, view.by, view.problem),
                "--dns-server asks another server, and --no-dns none.");
      continue;
    }
    const std::set<IpAddress> given(view.addresses.begin(), view.addresses.end());
    if (const auto [other, fresh] = first.emplace(view.host, &view); !fresh) {
      const DnsView& before = *other->second;
      if (given == std::set<IpAddress>(before.addresses.begin(), before.addresses.end())) continue;
      found.add("resolver-differs", "",
                fmt::format("{} is {} by {} and {} by {}", view.host, list_of(view.addresses), view.by,
                            list_of(before.addresses), before.by),
                "Wait for the record's TTL; after that, look at which servers it asks.");
      continue;
    }
    bool names = false;
    const std::set<IpAddress> wanted = wanted_for(ways, view.host, names);
    // A load balancer that is known by name has addresses that only DNS knows.
    if (names || wanted.empty()) continue;
    for (const IpAddress& address : wanted) {
      if (given.contains(address)) continue;
      found.add("dns-record-missing", owner_of(ways, address),
                fmt::format("{} does not give {}, the address of its ingress (by {})", view.host,
                            to_string(address), view.by),
                fmt::format("Add an address record for {} to {}.", to_string(address), view.host));
    }
    const bool all_known = std::ranges::all_of(mesh.clusters, &LiveCluster::reachable);
    for (const IpAddress& address : given) {
      if (wanted.contains(address) || !all_known) continue;
      found.add("dns-record-extra", "",
                fmt::format("{} gives {}, which is no ingress of the mesh (by {})", view.host,
                            to_string(address), view.by),
                "Remove the record, or give the --context of the cluster that it belongs to.");
    }
  }
}

}  // namespace

void check_way_in(const LiveMesh& mesh, Found& found) {
  const WaysIn ways = collect(mesh);
  check_ingresses(mesh, ways, found);
  check_controllers(mesh, ways, found);
  check_dns(mesh, ways, found);
}

}  // namespace meshdrill::status
