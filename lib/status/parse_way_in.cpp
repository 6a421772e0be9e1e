#include "base/text.hpp"
#include "kube/json_fields.hpp"
#include "status/controllers.hpp"
#include "status/parse.hpp"

#include <algorithm>
#include <set>

#include <fmt/format.h>

namespace meshdrill::status {
namespace {

namespace json = boost::json;

// The first of these conditions that is "False", in the controller's words: "Programmed: no address".
std::string refusal_in(const json::array& conditions, std::initializer_list<std::string_view> types) {
  for (const std::string_view type : types) {
    for (const json::value& condition : conditions) {
      if (kube::text_field(condition, "/type") != type || kube::text_field(condition, "/status") != "False")
        continue;
      const std::string message = kube::text_field(condition, "/message");
      return printable(
          fmt::format("{}: {}", type, message.empty() ? kube::text_field(condition, "/reason") : message));
    }
  }
  return {};
}

// "namespace/name" of what an object refers to, in its own namespace by default.
std::string target_of(const json::value& reference, const std::string& home) {
  const std::string elsewhere = kube::text_field(reference, "/namespace");
  return (elsewhere.empty() ? home : elsewhere) + "/" + kube::text_field(reference, "/name");
}

bool is_a(const json::value& reference, std::string_view group, std::string_view kind,
          std::string_view default_group, std::string_view default_kind) {
  const json::value* own_group = kube::field(reference, "/group");
  const std::string own_kind = kube::text_field(reference, "/kind");
  return (own_group == nullptr ? default_group : kube::text_field(reference, "/group")) == group &&
         (own_kind.empty() ? default_kind : own_kind) == kind;
}

bool is_gateway(const json::value& reference) {
  return is_a(reference, "gateway.networking.k8s.io", "Gateway", "gateway.networking.k8s.io", "Gateway");
}

void add_backends(const json::value& rule, const std::string& home, RouteView& view) {
  for (const json::value& reference : kube::array_field(rule, "/backendRefs")) {
    const bool imported = is_a(reference, "multicluster.x-k8s.io", "ServiceImport", "", "Service");
    if (!imported && !is_a(reference, "", "Service", "", "Service")) continue;
    std::pair<std::string, bool> backend{target_of(reference, home), imported};
    if (std::ranges::count(view.backends, backend) == 0) view.backends.push_back(std::move(backend));
  }
}

}  // namespace

std::vector<WayIn> parse_ingress(const json::value& ingress) {
  WayIn common;
  common.key = key_of(ingress);
  common.class_name = kube::text_field(ingress, "/spec/ingressClassName");
  if (common.class_name.empty()) common.class_name = annotation(ingress, "kubernetes.io/ingress.class");
  common.marks = marks_of(ingress);
  for (const json::value& point : kube::array_field(ingress, "/status/loadBalancer/ingress")) {
    const std::string ip = kube::text_field(point, "/ip");
    common.addresses.push_back(printable(ip.empty() ? kube::text_field(point, "/hostname") : ip));
  }
  const std::string home = kube::text_field(ingress, "/metadata/namespace");
  std::vector<WayIn> ways;
  std::set<std::pair<std::string, std::string>> seen;
  const auto add = [&](const std::string& host, const json::value& backend) {
    const std::string name = kube::text_field(backend, "/service/name");
    if (name.empty() || !seen.emplace(host, name).second) return;
    ways.push_back(common);
    ways.back().host = printable(host);
    ways.back().service = home + "/" + name;
  };
  for (const json::value& rule : kube::array_field(ingress, "/spec/rules")) {
    for (const json::value& path : kube::array_field(rule, "/http/paths")) {
      if (const json::value* backend = kube::field(path, "/backend")) {
        add(kube::text_field(rule, "/host"), *backend);
      }
    }
  }
  if (const json::value* backend = kube::field(ingress, "/spec/defaultBackend")) add("", *backend);
  return ways;
}

GatewayView parse_gateway(const json::value& gateway) {
  GatewayView view;
  view.key = key_of(gateway);
  view.class_name = kube::text_field(gateway, "/spec/gatewayClassName");
  for (const json::value& listener : kube::array_field(gateway, "/spec/listeners")) {
    const std::string host = printable(kube::text_field(listener, "/hostname"));
    if (std::ranges::count(view.hosts, host) == 0) view.hosts.push_back(host);
  }
  for (const json::value& address : kube::array_field(gateway, "/status/addresses")) {
    view.addresses.push_back(printable(kube::text_field(address, "/value")));
  }
  view.refusal = refusal_in(kube::array_field(gateway, "/status/conditions"), {"Accepted", "Programmed"});
  return view;
}

RouteView parse_route(const json::value& route) {
  RouteView view;
  view.key = key_of(route);
  const std::string home = kube::text_field(route, "/metadata/namespace");
  for (const json::value& host : kube::array_field(route, "/spec/hostnames")) {
    if (host.is_string()) view.hosts.push_back(printable(std::string(host.as_string())));
  }
  for (const json::value& rule : kube::array_field(route, "/spec/rules")) add_backends(rule, home, view);
  for (const json::value& parent : kube::array_field(route, "/spec/parentRefs")) {
    if (is_gateway(parent)) view.gateways[target_of(parent, home)] = "no controller has accepted it";
  }
  for (const json::value& parent : kube::array_field(route, "/status/parents")) {
    const json::value* reference = kube::field(parent, "/parentRef");
    if (reference == nullptr || !is_gateway(*reference)) continue;
    const auto gateway = view.gateways.find(target_of(*reference, home));
    if (gateway == view.gateways.end()) continue;
    gateway->second = refusal_in(kube::array_field(parent, "/conditions"), {"Accepted", "ResolvedRefs"});
  }
  return view;
}

std::vector<WayIn> ways_through(const std::vector<GatewayView>& gateways,
                                const std::vector<RouteView>& routes) {
  std::vector<WayIn> ways;
  for (const RouteView& route : routes) {
    for (const auto& [key, refusal] : route.gateways) {
      WayIn way;
      way.key = route.key;
      way.gateway = key;
      way.refusal = refusal;
      std::vector<std::string> hosts = route.hosts;
      const auto gateway = std::ranges::find(gateways, key, &GatewayView::key);
      if (gateway == gateways.end()) {
        way.refusal = fmt::format("there is no Gateway {}", key);
      } else {
        way.class_name = gateway->class_name;
        way.addresses = gateway->addresses;
        if (!gateway->refusal.empty()) way.refusal = fmt::format("Gateway {}: {}", key, gateway->refusal);
        if (hosts.empty()) hosts = gateway->hosts;
      }
      if (hosts.empty()) hosts.emplace_back();
      for (const std::string& host : hosts) {
        for (const auto& [service, imported] : route.backends) {
          way.host = host;
          way.service = service;
          way.imported = imported;
          ways.push_back(way);
        }
      }
    }
  }
  return ways;
}

std::pair<std::string, std::string> parse_ingress_class(const json::value& object) {
  return {kube::text_field(object, "/metadata/name"), kube::text_field(object, "/spec/controller")};
}

std::pair<std::string, std::string> parse_gateway_class(const json::value& object) {
  return {kube::text_field(object, "/metadata/name"), kube::text_field(object, "/spec/controllerName")};
}

std::pair<std::string, ControllerView> parse_controller_pod(const json::value& pod) {
  const auto labels = kube::labels_field(pod, "/metadata/labels");
  const auto label = [&](const char* name) {
    const auto found = labels.find(name);
    return found == labels.end() ? std::string{} : found->second;
  };
  const std::string component = label("app.kubernetes.io/component");
  const bool helper = component == "admission-webhook" || component.find("default") != std::string::npos;
  const bool ends = !kube::text_field(pod, "/metadata/deletionTimestamp").empty();
  ControllerView view;
  view.total = 1;
  view.ready = condition_holds(pod, "Ready") ? 1 : 0;
  view.host_network = kube::boolean_field(pod, "/spec/hostNetwork");
  return {helper || ends ? std::string{} : label("app.kubernetes.io/name"), view};
}

}  // namespace meshdrill::status
