// `guards`: what must be so before anything is changed, and what ends the drill early.
#include "drill/scenario/scenario_parts.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

namespace meshdrill::drill {
namespace {

constexpr std::array<std::string_view, 6> owner_names{"hpa", "keda", "argocd", "flux", "helm", "unknown"};

// One of three kinds, which its key tells; all of them when what is asked for is being recorded.
void read_abort_rule(MapReader& map, Guards& guards) {
  const auto has = [&](std::string_view key) { return map.recording() || map.find(key) != nullptr; };
  bool other = false;
  if (has("consecutiveFailures")) {
    other = true;
    guards.consecutive_failures =
        static_cast<int>(map.integer("consecutiveFailures", 2, 1'000'000).value_or(0));
  }
  if ((!other || map.recording()) && has("observerLost")) {
    other = true;
    guards.observer_lost = map.duration("observerLost").value_or(guards.observer_lost);
    if (guards.observer_lost < std::chrono::seconds{1})
      map.error(map.node(), "observerLost", "must be at least 1s");
  }
  if (!other || map.recording()) {
    AbortRule rule;
    if (!map.recording()) map.require("errors");
    rule.errors = read_with<double>(map, "errors", parse_share_threshold).value_or(rule.errors);
    rule.over = map.duration("over").value_or(rule.over);
    if (rule.over < std::chrono::seconds{1}) map.error(map.node(), "over", "must be at least 1s");
    guards.abort_if.push_back(rule);
  }
}

void read_abort_rules(MapReader& map, Guards& guards) {
  const std::vector<AbortRule> by_default = std::exchange(guards.abort_if, {});
  map.items("abortIf", [&](MapReader& rule) { read_abort_rule(rule, guards); });
  // The floor under what users see stays, unless another one is given.
  if (guards.abort_if.empty()) guards.abort_if = by_default;
}

void read_owners(MapReader& map, Guards& guards) {
  map.section("owners", [&](MapReader& owners) {
    for (const std::string_view name : owner_names) {
      const auto policy = owners.choice(name, {"refuse", "warn", "allow"});
      if (!policy) continue;
      *guards.owners.find(name) = *policy == "refuse" ? OwnerPolicy::refuse
                                  : *policy == "warn" ? OwnerPolicy::warn
                                                      : OwnerPolicy::allow;
    }
  });
}

void read_windows(MapReader& map, Guards& guards) {
  const auto texts = map.strings("windows");
  if (!texts) return;
  const Node& node = *map.find("windows");
  if (texts->empty()) map.error(node, "windows", "leaves no time at all");
  for (std::size_t i = 0; i < texts->size(); ++i) {
    Result<Window> window = parse_window(texts->at(i));
    if (window) {
      guards.windows.push_back(std::move(*window));
    } else {
      map.error(node.items.at(i), fmt::format("windows[{}]", i), window.error().message);
    }
  }
}

void read_floor(MapReader& map, Guards& guards) {
  const auto floor = read_with<Amount>(map, "minReadyElsewhere", parse_amount);
  if (!floor) return;
  if (*floor == Amount{} || floor->share == 0.0) {
    map.error(*map.find("minReadyElsewhere"), "minReadyElsewhere",
              "must be at least 1: without a survivor there is nothing that could take over");
  }
  guards.min_ready_elsewhere = *floor;
}

}  // namespace

void read_guards(MapReader& map, Guards& guards) {
  guards.deadline = map.duration("deadline").value_or(guards.deadline);
  read_floor(map, guards);
  guards.min_healthy_clusters = static_cast<int>(map.integer("minHealthyClusters", 1, 511).value_or(1));
  guards.max_workloads =
      static_cast<int>(map.integer("maxWorkloads", 1, 1000).value_or(guards.max_workloads));
  guards.require_opt_in = map.boolean("requireOptIn").value_or(false);
  guards.environment = map.string("environment").value_or("");
  read_windows(map, guards);
  read_owners(map, guards);
  read_abort_rules(map, guards);
}

int Guards::survivors_floor(int here) const {
  return std::max(1, min_ready_elsewhere.share ? min_ready_elsewhere.of(here) : min_ready_elsewhere.count);
}

OwnerPolicy* OwnerPolicies::find(std::string_view name) {
  const std::array<OwnerPolicy*, 6> policies{&hpa, &keda, &argocd, &flux, &helm, &unknown};
  for (std::size_t i = 0; i < owner_names.size(); ++i) {
    if (owner_names.at(i) == name) return policies.at(i);
  }
  return nullptr;
}

bool Window::holds(std::chrono::system_clock::time_point start,
                   std::chrono::system_clock::time_point end) const {
  const auto day = std::chrono::floor<std::chrono::days>(start);
  const std::chrono::weekday weekday{day};
  return days.at(weekday.c_encoding()) && start >= day + from && end < day + to;
}

}  // namespace meshdrill::drill
