#include "base/text.hpp"
#include "status/checks.hpp"
#include "status/controllers.hpp"
#include "status/parse.hpp"
#include "status/reads.hpp"
#include "status/ways_in.hpp"

#include <algorithm>
#include <set>

#include <fmt/format.h>

namespace meshdrill::status {
namespace {

bool could_read(const LiveCluster& cluster, ReadId id) {
  return !cluster.unreadable(std::string(read_of(id).what));
}

std::string controller_of(const LiveCluster& cluster, const WayIn& way) {
  const auto& classes = way.gateway.empty() ? cluster.ingress_classes : cluster.gateway_classes;
  const auto known = classes.find(way.class_name);
  return known == classes.end() ? std::string{} : known->second;
}

// Controllers dial the endpoints that their own API knows, which are the local ones.
void check_upstream(const LiveCluster& cluster, const WayIn& way, Found& found) {
  const ControllerKind* kind = find_controller(controller_of(cluster, way));
  const auto service = std::ranges::find(cluster.services, way.service, &ServiceView::key);
  if (kind == nullptr || kind->app.empty() || service == cluster.services.end() || !service->global) return;
  const std::string mark(kind->mark);
  if (!mark.empty() && (kind->mark_on_service ? service->marks : way.marks).contains(mark)) return;
  const bool synced =
      service->sync_slices && is_word(cluster.setting("clustermesh-enable-endpoint-sync", "false"), "true");
  if (synced) return;
  const std::string annotated = kind->mark_on_service ? "Service " + service->key : way.named();
  found.add("upstream-local-only", mark.empty() ? Level::warning : Level::error, cluster.name(),
            fmt::format("{} leads to Service {} through {}, which dials the local endpoints alone",
                        way.named(), way.service, kind->name),
            mark.empty() ? std::string("Have the EndpointSlices synchronised, or use Cilium's own ingress.")
                         : fmt::format("Annotate {} with {}: \"true\".", annotated, mark));
}

void check_way(const LiveCluster& cluster, const WayIn& way, Found& found) {
  if (!way.refusal.empty()) {
    found.add("route-refused", cluster.name(),
              fmt::format("{} is not followed: {}", way.named(), way.refusal),
              "Its controller has the last word: kubectl describe gateway and httproute show all of it.");
    return;
  }
  if (way.addresses.empty()) {
    found.add("ingress-no-address", cluster.name(),
              fmt::format("{} has no address", way.gateway.empty() ? way.named() : "Gateway " + way.gateway),
              "Its controller writes it: check that it runs and that the class is right.");
  }
  check_upstream(cluster, way, found);
}

void check_ways(const LiveMesh& mesh, const WaysIn& ways, Found& found) {
  for (const auto& [target, clusters] : ways) {
    const auto& [host, service] = target;
    for (const LiveCluster& cluster : mesh.clusters) {
      bool any = false;
      for (const auto& [owner, way] : clusters) {
        if (owner != &cluster) continue;
        any = true;
        check_way(cluster, *way, found);
      }
      const bool known = cluster.reachable && could_read(cluster, ReadId::ingresses) &&
                         could_read(cluster, ReadId::http_routes) && could_read(cluster, ReadId::gateways);
      if (any || !known) continue;
      const auto& [first, way] = clusters.front();
      found.add("ingress-differs", cluster.name(),
                fmt::format("nothing leads {} to Service {}, as {} of {} does", host.empty() ? "users" : host,
                            service, way->named(), first->name()),
                "Apply the same here.");
    }
  }
}

void check_cilium_controller(const LiveCluster& cluster, const ControllerKind& kind, Found& found) {
  if (cluster.config.empty()) return;
  const bool gateway = kind.id == cilium_gateway;
  const std::string key = gateway ? "enable-gateway-api" : "enable-ingress-controller";
  if (!is_word(cluster.setting(key, "false"), "true")) {
    found.add("ingress-controller", cluster.name(), fmt::format("{} is off: {} is false", kind.name, key),
              fmt::format("Set {}.enabled: true.", gateway ? "gatewayAPI" : "ingressController"));
    return;
  }
  const bool apart = is_word(cluster.setting("external-envoy-proxy", "false"), "true");
  if (!apart || !could_read(cluster, ReadId::envoy) || cluster.envoy.up()) return;
  found.add(
      "ingress-controller", cluster.name(),
      cluster.envoy.exists ? fmt::format("{} of {} Pods of DaemonSet cilium-envoy are ready",
                                         cluster.envoy.ready, cluster.envoy.wanted)
                           : std::string("there is no DaemonSet cilium-envoy"),
      fmt::format("kubectl -n {} get pods -l k8s-app=cilium-envoy -o wide shows which, and their logs why.",
                  cluster.kube_namespace));
}

ControllerView pods_of(const LiveCluster& cluster, const ControllerKind& kind) {
  ControllerView all;
  std::string_view apps = kind.app;
  while (!apps.empty()) {
    const std::string_view app = apps.substr(0, apps.find(','));
    apps.remove_prefix(std::min(apps.size(), app.size() + 1));
    const auto known = cluster.controllers.find(std::string(app));
    if (known == cluster.controllers.end()) continue;
    all.ready += known->second.ready;
    all.total += known->second.total;
    all.host_network = all.host_network || known->second.host_network;
  }
  return all;
}

void check_controller(const LiveCluster& cluster, const ControllerKind& kind, Found& found) {
  if (!could_read(cluster, ReadId::ingress_pods)) return;
  const ControllerView pods = pods_of(cluster, kind);
  if (pods.ready == 0) {
    found.add("ingress-controller", cluster.name(),
              pods.total > 0 ? fmt::format("none of {} of {} is ready",
                                           plural(static_cast<std::size_t>(pods.total), "Pod"), kind.name)
                             : fmt::format("there is no Pod of {}", kind.name),
              fmt::format("kubectl get pods -A -l 'app.kubernetes.io/name in ({})' shows them.", kind.app));
  }
  const std::string replaced = cluster.setting("kube-proxy-replacement", "false");
  const bool socket_lb = is_word(cluster.setting("bpf-lb-sock", "false"), "true") &&
                         is_word(cluster.setting("bpf-lb-sock-hostns-only", "false"), "true");
  if (!pods.host_network || is_word(replaced, "true") || replaced == "strict" || socket_lb ||
      cluster.config.empty()) {
    return;
  }
  found.add("host-network-backends", cluster.name(),
            fmt::format("{} is on hostNetwork, and kube-proxy-replacement is {}", kind.name, replaced),
            "Set kubeProxyReplacement: true, or socketLB.enabled and socketLB.hostNamespaceOnly.");
}

void check_controllers(const LiveMesh& mesh, const WaysIn& ways, Found& found) {
  std::set<std::pair<const LiveCluster*, std::string>> used;
  for (const auto& [target, clusters] : ways) {
    for (const auto& [cluster, way] : clusters) used.emplace(cluster, controller_of(*cluster, *way));
  }
  for (const LiveCluster& cluster : mesh.clusters) {
    for (const auto& [owner, id] : used) {
      if (owner != &cluster || id.empty()) continue;
      const ControllerKind* kind = find_controller(id);
      if (kind == nullptr) {
        found.add("controller-unknown", cluster.name(),
                  fmt::format("{} is a controller that is not known", id),
                  "Make sure that it is ready, and that it asks ClusterIPs.");
      } else if (kind->app.empty()) {
        check_cilium_controller(cluster, *kind, found);
      } else {
        check_controller(cluster, *kind, found);
      }
    }
  }
}

}  // namespace

void check_way_in(const LiveMesh& mesh, Found& found) {
  const WaysIn ways = shared_ways(mesh);
  check_ways(mesh, ways, found);
  check_controllers(mesh, ways, found);
}

}  // namespace meshdrill::status
