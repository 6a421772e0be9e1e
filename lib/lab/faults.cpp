#include "lab/faults.hpp"

#include "base/diagnostic.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace meshdrill::lab {

const std::vector<FaultInfo>& fault_table() {
  static const std::vector<FaultInfo> table = {
      {FaultKind::propagation_delay, "propagation-delay", true,
       "changes of other clusters reach the cluster's data plane this much later"},
      {FaultKind::stale_backends, "stale-backends", false,
       "the cluster's data plane keeps sending to backends that are gone"},
      {FaultKind::not_global, "not-global", false, "Services lose the annotation service.cilium.io/global"},
      {FaultKind::no_service_upstream, "no-service-upstream", false,
       "Ingresses lose service-upstream: ingress-nginx dials local endpoints only"},
      {FaultKind::ingress_down, "ingress-down", false, "nothing listens at the cluster's ingress address"},
      {FaultKind::missing_record, "missing-record", false, "DNS leaves the cluster's ingress address out"},
      {FaultKind::api_429, "api-429", false, "the Kubernetes API answers 429 Too Many Requests"},
      {FaultKind::api_500, "api-500", false, "the Kubernetes API answers 500 Internal Server Error"},
      {FaultKind::api_close, "api-close", false, "the Kubernetes API closes connections without an answer"},
      {FaultKind::lost_answer, "lost-answer", false,
       "the next scaling of a Deployment is done, its answer lost; ends by itself"},
  };
  return table;
}

const FaultInfo& info_of(FaultKind kind) {
  return *std::ranges::find(fault_table(), kind, &FaultInfo::kind);
}

Result<Fault> parse_fault(std::string_view text, bool with_value) {
  const std::string_view whole = text;
  Fault fault;
  if (const auto at = text.rfind('@'); at != std::string_view::npos) {
    fault.cluster = text.substr(at + 1);
    text = text.substr(0, at);
    if (fault.cluster.empty()) return fail(fmt::format("fault \"{}\": no cluster after \"@\"", whole));
  }
  const auto equals = text.find('=');
  const std::string_view name = text.substr(0, equals);
  const auto known = std::ranges::find(fault_table(), name, &FaultInfo::name);
  if (known == fault_table().end()) {
    std::vector<std::string_view> names;
    for (const FaultInfo& info : fault_table()) names.push_back(info.name);
    const std::string near = closest(name, names);
    return fail(near.empty() ? fmt::format("no fault \"{}\"; there are: {}", name, fmt::join(names, ", "))
                             : fmt::format("no fault \"{}\"; did you mean \"{}\"?", name, near));
  }
  fault.kind = known->kind;
  if (equals == std::string_view::npos) {
    if (known->takes_duration && with_value) {
      return fail(fmt::format("fault \"{0}\" needs a duration: {0}=2s", name));
    }
    return fault;
  }
  if (!known->takes_duration) return fail(fmt::format("fault \"{}\" takes no value", name));
  auto value = parse_duration(text.substr(equals + 1));
  if (!value) return fail(fmt::format("fault \"{}\": {}", whole, value.error().message));
  fault.value = *value;
  return fault;
}

std::string to_string(const Fault& fault) {
  const FaultInfo& info = info_of(fault.kind);
  std::string text{info.name};
  if (info.takes_duration) text += "=" + format_duration(fault.value);
  if (!fault.cluster.empty()) text += "@" + fault.cluster;
  return text;
}

}  // namespace meshdrill::lab
