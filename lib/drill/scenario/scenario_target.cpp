// `target` and `fault`: what is done to which cluster.
#include "drill/scenario/scenario_parts.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>

#include <fmt/format.h>

namespace meshdrill::drill {
namespace {

constexpr int most_replicas = 1'000'000;

std::optional<ObjectName> parse_object_name(std::string_view text, const std::string& default_ns) {
  const std::size_t slash = text.find('/');
  ObjectName name = slash == std::string_view::npos
                        ? ObjectName{default_ns, std::string{text}}
                        : ObjectName{std::string{text.substr(0, slash)}, std::string{text.substr(slash + 1)}};
  if (name.ns.empty() || name.name.empty() || name.name.find('/') != std::string::npos) return std::nullopt;
  return name;
}

std::optional<ObjectName> read_object_name(MapReader& map, std::string_view key) {
  const auto text = map.string(key);
  if (!text) return std::nullopt;
  if (auto name = parse_object_name(*text, "default")) return name;
  map.error(*map.find(key), key, fmt::format("expected NAMESPACE/NAME, got \"{}\"", *text));
  return std::nullopt;
}

// "NAMESPACE/NAME", or "deployment NAMESPACE/NAME" where two kinds share a name.
std::optional<WorkloadName> parse_workload_name(std::string_view text) {
  WorkloadName name;
  if (const std::size_t blank = text.find(' '); blank != std::string_view::npos) {
    std::string kind{text.substr(0, blank)};
    std::transform(kind.begin(), kind.end(), kind.begin(), [](unsigned char c) { return std::tolower(c); });
    constexpr std::array<std::string_view, 3> kinds{"Deployment", "StatefulSet", "DaemonSet"};
    constexpr std::array<std::string_view, 3> lower{"deployment", "statefulset", "daemonset"};
    const auto* found = std::find(lower.begin(), lower.end(), kind);
    if (found == lower.end()) return std::nullopt;
    name.kind = kinds.at(static_cast<std::size_t>(found - lower.begin()));
    text = text.substr(blank + 1);
  }
  const auto object = parse_object_name(text, "default");
  if (!object) return std::nullopt;
  name.object = *object;
  return name;
}

constexpr std::string_view workload_form = "expected [deployment|statefulset|daemonset ]NAMESPACE/NAME";

void read_workloads(MapReader& map, Target& target) {
  const auto names = map.strings("workloads");
  if (!names) return;
  const Node& node = *map.find("workloads");
  if (names->empty()) map.error(node, "workloads", "names no workload");
  for (std::size_t i = 0; i < names->size(); ++i) {
    if (auto name = parse_workload_name(names->at(i))) {
      target.workloads.push_back(std::move(*name));
    } else {
      map.error(node.items.at(i), fmt::format("workloads[{}]", i),
                fmt::format("{}, got \"{}\"", workload_form, names->at(i)));
    }
  }
}

void read_behind(MapReader& map, Target& target) {
  map.section("behind", [&](MapReader& inner) {
    const bool service = inner.find("service") != nullptr;
    const bool ingress = inner.find("ingress") != nullptr;
    if (service == ingress && inner.node().kind == Node::Kind::map)
      map.error(inner.node(), "behind", "give either service or ingress");
    target.service_where = inner.node().where;
    target.service = read_object_name(inner, "service").value_or(ObjectName{});
    target.ingress = read_object_name(inner, "ingress");
  });
}

}  // namespace

Target read_target(MapReader& map) {
  Target target;
  target.where = map.node().where;
  target.service_where = map.node().where;
  if (const Node* cluster = map.require("cluster")) target.cluster_where = cluster->where;
  target.cluster = map.string("cluster").value_or("");
  target.each = target.cluster == "each";
  read_behind(map, target);
  read_workloads(map, target);
  if (const auto service = read_object_name(map, "service")) {
    target.service_where = map.find("service")->where;
    if (map.find("behind") != nullptr)
      map.error(*map.find("service"), "service", "stands beside behind", "Give one of them.");
    target.service = *service;
  }
  target.selector = map.string("selector").value_or("");
  target.selector_namespace = map.string("namespace").value_or(target.selector.empty() ? "" : "default");
  if (const Node* ns = map.find("namespace"); ns != nullptr && target.selector.empty())
    map.error(*ns, "namespace", "belongs to a selector, and there is none");
  const int ways = static_cast<int>(map.find("behind") != nullptr) +
                   static_cast<int>(!target.workloads.empty()) + static_cast<int>(!target.selector.empty());
  if (ways > 1)
    map.error(map.node(), "behind", "more than one of behind, workloads and selector", "Give one of them.");
  return target;
}

namespace {

void read_named_fault(MapReader& map, std::string_view key, Fault& fault) {
  const Node* node = map.find(key);
  const Result<bool> flag = read_boolean(*node);
  if (flag && *flag) return;
  const Result<std::string> text = read_string(*node);
  if (text) fault.workload = parse_workload_name(*text);
  if (!fault.workload)
    map.error(*node, key, fmt::format("expected true, or which workload it is: {}", workload_form));
}

struct FaultKey {
  std::string_view key;
  Fault::Kind kind;
};
constexpr std::array<FaultKey, 5> fault_keys{{{"scale", Fault::Kind::scale},
                                              {"unshare", Fault::Kind::unshare},
                                              {"ingressController", Fault::Kind::ingress_controller},
                                              {"controlPlane", Fault::Kind::control_plane},
                                              {"deletePods", Fault::Kind::delete_pods}}};

void read_fault_value(MapReader& map, std::string_view key, Fault& fault) {
  const Node* node = map.find(key);
  switch (fault.kind) {
    case Fault::Kind::none:
      return;
    case Fault::Kind::scale:
      fault.amount = read_with<Amount>(map, key, parse_amount).value_or(Amount{});
      if (fault.amount.share == 0.0) fault.amount = Amount{};
      if (fault.amount.share == 1.0 || fault.amount.count > most_replicas)
        map.error(*node, key, "takes nothing away");
      return;
    case Fault::Kind::delete_pods:
      fault.amount = read_with<Amount>(map, key, parse_amount).value_or(Amount{1, std::nullopt});
      if (fault.amount == Amount{} || fault.amount.share == 0.0) map.error(*node, key, "deletes nothing");
      return;
    case Fault::Kind::unshare:
      if (const Result<bool> flag = read_boolean(*node); !flag || !*flag)
        map.error(*node, key, "can only be true; leave the fault out as \"fault: none\"");
      return;
    case Fault::Kind::ingress_controller:
    case Fault::Kind::control_plane:
      read_named_fault(map, key, fault);
  }
}

}  // namespace

Fault read_fault(MapReader& root) {
  Fault fault;
  const Node* node = root.require("fault");
  if (node != nullptr) fault.where = node->where;
  if (node != nullptr && node->kind == Node::Kind::scalar && node->scalar == "none") {
    fault.kind = Fault::Kind::none;
    return fault;
  }
  root.section("fault", [&](MapReader& map) {
    int given = 0;
    for (const FaultKey& one : fault_keys) {
      map.note(one.key, one.kind == Fault::Kind::unshare ? ValueKind::boolean : ValueKind::string);
      if (map.find(one.key) == nullptr) continue;
      ++given;
      fault.kind = one.kind;
      read_fault_value(map, one.key, fault);
    }
    if (given != 1 && map.node().kind == Node::Kind::map) {
      root.error(map.node(), "fault",
                 "give one of scale, unshare, ingressController, controlPlane and deletePods",
                 "Or \"fault: none\", to judge the steady state alone.");
    }
  });
  root.note_word("fault", "none");
  return fault;
}

int Amount::of(int whole) const {
  if (!share) return std::min(count, whole);
  // 30 % of 10 is 3, though 0.3 * 10 may come out a little above.
  return std::min(whole, static_cast<int>(std::ceil(*share * whole - 1e-9)));
}

std::string to_string(const Amount& amount) {
  return amount.share ? fmt::format("{:g}%", *amount.share * 100) : std::to_string(amount.count);
}

}  // namespace meshdrill::drill
