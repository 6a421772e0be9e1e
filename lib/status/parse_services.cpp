#include "base/text.hpp"
#include "kube/endpoints.hpp"
#include "kube/json_fields.hpp"
#include "status/parse.hpp"

#include <algorithm>
#include <set>

namespace meshdrill::status {
namespace {

namespace json = boost::json;

std::string key_of(const json::value& object) {
  return kube::text_field(object, "/metadata/namespace") + "/" + kube::text_field(object, "/metadata/name");
}

std::string target_of(const json::value& port) {
  const json::value* target = kube::field(port, "/targetPort");
  if (target == nullptr) return std::to_string(kube::count_field(port, "/port"));
  if (target->is_string()) return printable(std::string(target->as_string()));
  return std::to_string(kube::count_field(port, "/targetPort"));
}

// "reason: message" of a condition that has `status`; empty when it has another, or there is none.
std::string condition_text(const json::value& object, std::string_view type, std::string_view status) {
  for (const json::value& condition : kube::array_field(object, "/status/conditions")) {
    if (kube::text_field(condition, "/type") != type || kube::text_field(condition, "/status") != status)
      continue;
    const std::string message = kube::text_field(condition, "/message");
    const std::string reason = kube::text_field(condition, "/reason");
    return printable(message.empty() ? (reason.empty() ? std::string(type) : reason) : message);
  }
  return {};
}

}  // namespace

ServiceView parse_service(const json::value& service) {
  ServiceView view;
  view.key = key_of(service);
  view.global = is_word(annotation(service, "service.cilium.io/global", "io.cilium/global-service"), "true");
  view.shared =
      !is_word(annotation(service, "service.cilium.io/shared", "io.cilium/shared-service"), "false");
  view.affinity = printable(annotation(service, "service.cilium.io/affinity", "io.cilium/service-affinity"));
  view.headless = kube::text_field(service, "/spec/clusterIP") == "None";
  const std::string sync = annotation(service, "service.cilium.io/global-sync-endpoint-slices");
  view.sync_slices = sync.empty() ? view.headless : is_word(sync, "true");
  for (const json::value& item : kube::array_field(service, "/spec/ports")) {
    ServicePortView port;
    port.name = kube::text_field(item, "/name");
    port.port = kube::count_field(item, "/port");
    port.target = target_of(item);
    port.protocol = kube::text_field(item, "/protocol");
    if (port.protocol.empty()) port.protocol = "TCP";
    view.ports.push_back(std::move(port));
  }
  view.selector = kube::labels_field(service, "/spec/selector");
  return view;
}

void count_endpoints(const Objects& slices, ServiceView& service) {
  const kube::ServiceEndpoints counted = kube::count_endpoints(slices);
  service.ready = counted.local.ready;
  for (const auto& [cluster, tally] : counted.remote) service.synced[cluster] = tally.ready;
}

McsView parse_mcs(const json::value& object) {
  McsView view;
  view.key = key_of(object);
  view.conflict = condition_text(object, "Conflict", "True");
  view.invalid = condition_text(object, "Valid", "False");
  return view;
}

std::vector<IngressView> parse_ingress(const json::value& ingress) {
  IngressView common;
  common.key = key_of(ingress);
  common.class_name = kube::text_field(ingress, "/spec/ingressClassName");
  if (common.class_name.empty()) common.class_name = annotation(ingress, "kubernetes.io/ingress.class");
  common.service_upstream =
      is_word(annotation(ingress, "nginx.ingress.kubernetes.io/service-upstream"), "true");
  for (const json::value& point : kube::array_field(ingress, "/status/loadBalancer/ingress")) {
    const std::string ip = kube::text_field(point, "/ip");
    common.addresses.push_back(printable(ip.empty() ? kube::text_field(point, "/hostname") : ip));
  }
  const std::string kube_namespace = kube::text_field(ingress, "/metadata/namespace");
  std::vector<IngressView> views;
  std::set<std::pair<std::string, std::string>> seen;
  const auto add = [&](const std::string& host, const json::value& backend) {
    const std::string name = kube::text_field(backend, "/service/name");
    if (name.empty() || !seen.emplace(host, name).second) return;
    views.push_back(common);
    views.back().host = printable(host);
    views.back().service = kube_namespace + "/" + name;
  };
  for (const json::value& rule : kube::array_field(ingress, "/spec/rules")) {
    for (const json::value& path : kube::array_field(rule, "/http/paths")) {
      if (const json::value* backend = kube::field(path, "/backend")) {
        add(kube::text_field(rule, "/host"), *backend);
      }
    }
  }
  if (const json::value* backend = kube::field(ingress, "/spec/defaultBackend")) add("", *backend);
  return views;
}

ControllerView parse_controller(const Objects& pods) {
  ControllerView view;
  for (const json::value& pod : pods) {
    if (!kube::text_field(pod, "/metadata/deletionTimestamp").empty()) continue;
    view.seen = true;
    ++view.total;
    view.host_network = view.host_network || kube::boolean_field(pod, "/spec/hostNetwork");
    const auto& conditions = kube::array_field(pod, "/status/conditions");
    view.ready += std::any_of(conditions.begin(), conditions.end(), [](const json::value& condition) {
      return kube::text_field(condition, "/type") == "Ready" &&
             kube::text_field(condition, "/status") == "True";
    });
  }
  return view;
}

}  // namespace meshdrill::status
