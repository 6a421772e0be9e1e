#include "lab/faults.hpp"

#include "base/diagnostic.hpp"
#include "lab/api/resource_types.hpp"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

namespace meshdrill::lab {

namespace {

using Value = FaultInfo::Value;

constexpr std::string_view any_scale = "*/scale";
constexpr int most = 1'000'000;  // of a count

Result<int> parse_count(std::string_view text) {
  if (text == "all") return 0;
  int count = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (error != std::errc() || end != text.data() + text.size() || count < 1 || count > most)
    return fail(fmt::format("\"{}\" is no number from 1 to {}", text, most));
  return count;
}

// "leases", "3", "leases*3", "any*all".
Result<> parse_writes(std::string_view text, Fault& fault) {
  const auto star = text.rfind('*');
  const bool only_count = !text.empty() && (text == "all" || (text.front() >= '0' && text.front() <= '9'));
  // The star of "*/scale" is none of a count.
  const bool both = star != std::string_view::npos && star > 0;
  const std::string_view resource = only_count ? std::string_view() : both ? text.substr(0, star) : text;
  const std::string_view count = only_count ? text : both ? text.substr(star + 1) : std::string_view();
  if (!count.empty() || both) {
    const auto number = parse_count(count);
    if (!number) return tl::unexpected(number.error());
    fault.count = *number;
  }
  if (resource.empty()) return {};
  fault.resource = resource == "any" ? "" : resource;
  const std::string_view plural = resource.substr(0, resource.find('/'));
  if (resource != "any" && resource != any_scale && find_resource(plural) == nullptr)
    return fail(
        fmt::format("the lab's API has no resource \"{}\"; write it as in \"leases\" or "
                    "\"deployments/scale\"",
                    resource));
  return {};
}

Result<> parse_value(std::string_view text, const FaultInfo& info, Fault& fault) {
  if (info.value == Value::writes) return parse_writes(text, fault);
  if (info.value == Value::number) {
    const auto number = parse_count(text);
    if (!number) return tl::unexpected(number.error());
    fault.count = *number;
    return {};
  }
  const auto duration = parse_duration(text);
  if (!duration) return tl::unexpected(duration.error());
  fault.value = *duration;
  return {};
}

std::string value_text(const Fault& fault, const FaultInfo& info) {
  switch (info.value) {
    case Value::none:
      return {};
    case Value::duration:
      return "=" + format_duration(fault.value);
    case Value::number:
      return fmt::format("={}", fault.count);
    case Value::writes:
      break;
  }
  return fmt::format("={}*{}", fault.resource.empty() ? "any" : fault.resource,
                     fault.count == 0 ? "all" : std::to_string(fault.count));
}

}  // namespace

const std::vector<FaultInfo>& fault_table() {
  static const std::vector<FaultInfo> table = {
      {FaultKind::propagation_delay, "propagation-delay", Value::duration,
       "changes of other clusters reach the cluster's data plane this much later"},
      {FaultKind::stale_backends, "stale-backends", Value::none,
       "the cluster's data plane keeps sending to backends that are gone"},
      {FaultKind::not_global, "not-global", Value::none,
       "Services lose the annotation service.cilium.io/global"},
      {FaultKind::no_service_upstream, "no-service-upstream", Value::none,
       "Ingresses lose service-upstream: ingress-nginx dials local endpoints only"},
      {FaultKind::ingress_down, "ingress-down", Value::none,
       "nothing listens at the cluster's ingress address"},
      {FaultKind::missing_record, "missing-record", Value::none,
       "DNS leaves the cluster's ingress address out"},
      {FaultKind::api_429, "api-429", Value::none, "the Kubernetes API answers 429 Too Many Requests"},
      {FaultKind::api_500, "api-500", Value::none, "the Kubernetes API answers 500 Internal Server Error"},
      {FaultKind::api_close, "api-close", Value::none,
       "the Kubernetes API closes connections without an answer"},
      {FaultKind::api_latency, "api-latency", Value::duration, "the Kubernetes API answers this much later"},
      {FaultKind::clock_skew, "clock-skew", Value::duration,
       "the clock of the API server is this much ahead"},
      {FaultKind::exec_refused, "exec-refused", Value::none,
       "the Kubernetes API refuses to run commands in Pods (exec)"},
      {FaultKind::secrets_refused, "secrets-refused", Value::none,
       "the Kubernetes API refuses to show Secrets"},
      {FaultKind::peer_not_connected, "peer-not-connected", Value::none,
       "agents and kvstoremesh say that they reach none of their peers"},
      {FaultKind::api_401, "api-401", Value::none,
       "the Kubernetes API answers 401 Unauthorized, as for an expired token"},
      {FaultKind::lost_answer, "lost-answer", Value::writes,
       "the next scaling (or =RESOURCE*COUNT writes) is done, its answer lost", 1},
      {FaultKind::conflict, "conflict", Value::writes,
       "the next scaling (or =RESOURCE*COUNT updates) is answered 409 Conflict", 1},
      {FaultKind::refused_writes, "refused-writes", Value::writes,
       "scaling (or =RESOURCE*COUNT writes) is refused, as by an admission webhook; dry runs too", 0},
      {FaultKind::expired_watches, "expired-watches", Value::none,
       "watches end with 410 Gone, those that are open and those to come"},
      {FaultKind::sticky_balancer, "sticky-balancer", Value::none,
       "the cluster's data plane sends every connection to one backend"},
      {FaultKind::skewed_balancer, "skewed-balancer", Value::none,
       "the cluster's data plane sends nine of ten connections to backends of its own cluster"},
      {FaultKind::slow_pods, "slow-pods", Value::duration, "Pods that begin become Ready this much later"},
      {FaultKind::capacity, "capacity", Value::number,
       "each Pod answers this many requests a second, the others get a 503"},
      {FaultKind::flapping_backend, "flapping-backend", Value::none,
       "one Pod fails and comes back several times a second, and stays Ready"},
      {FaultKind::self_heal, "self-heal", Value::duration,
       "an owner puts the replicas of workloads back this long after a change"},
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
  if (known->value == Value::writes) {
    fault.resource = any_scale;
    fault.count = known->usual_count;
  }
  if (equals == std::string_view::npos) {
    if (with_value && known->value == Value::duration)
      return fail(fmt::format("fault \"{0}\" needs a duration: {0}=2s", name));
    if (with_value && known->value == Value::number)
      return fail(fmt::format("fault \"{0}\" needs a number: {0}=20", name));
    return fault;
  }
  if (known->value == Value::none) return fail(fmt::format("fault \"{}\" takes no value", name));
  if (auto parsed = parse_value(text.substr(equals + 1), *known, fault); !parsed)
    return fail(fmt::format("fault \"{}\": {}", whole, parsed.error().message));
  return fault;
}

std::string to_string(const Fault& fault) {
  const FaultInfo& info = info_of(fault.kind);
  std::string text = std::string(info.name) + value_text(fault, info);
  if (!fault.cluster.empty()) text += "@" + fault.cluster;
  return text;
}

}  // namespace meshdrill::lab
