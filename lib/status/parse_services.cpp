#include "base/text.hpp"
#include "kube/json_fields.hpp"
#include "status/controllers.hpp"
#include "status/parse.hpp"

namespace meshdrill::status {
namespace {

namespace json = boost::json;

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
  view.marks = marks_of(service);
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

std::string service_of_slice(const json::value& slice) {
  const auto labels = kube::labels_field(slice, "/metadata/labels");
  const auto name = labels.find("kubernetes.io/service-name");
  return kube::text_field(slice, "/metadata/namespace") + "/" + (name == labels.end() ? "" : name->second);
}

McsView parse_mcs(const json::value& object) {
  McsView view;
  view.key = key_of(object);
  view.conflict = condition_text(object, "Conflict", "True");
  view.invalid = condition_text(object, "Valid", "False");
  return view;
}

}  // namespace meshdrill::status
