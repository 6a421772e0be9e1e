// `expect`: what must hold in each phase.
#include "drill/scenario/scenario_parts.hpp"

#include <fmt/format.h>

namespace meshdrill::drill {
namespace {

using std::chrono::seconds;

bool is_steady(Phase phase) {
  return phase == Phase::baseline || phase == Phase::hold || phase == Phase::recovered;
}

// What a phase is asked when the file is silent about it.
Expectation default_expectation(Phase phase, const Fault& fault) {
  Expectation expectation;
  if (phase == Phase::fail || phase == Phase::restore) {
    expectation.outage = seconds{2};
    return expectation;
  }
  expectation.every_cluster_seen = true;
  expectation.errors = 0.01;
  const bool taken_away = fault.silences_target() || fault.kind == Fault::Kind::unshare;
  if (phase == Phase::hold && taken_away) expectation.target_share = 0;
  return expectation;
}

probe::BalanceRule read_balance(MapReader& map) {
  probe::BalanceRule rule;
  rule.tolerance = read_with<double>(map, "tolerance", parse_share).value_or(rule.tolerance);
  rule.confidence = read_with<double>(map, "confidence", parse_share).value_or(rule.confidence);
  if (rule.tolerance <= 0 || rule.tolerance >= 1)
    map.error(map.node(), "tolerance", "must be more than 0% and less than 100%");
  if (rule.confidence <= 0.5 || rule.confidence >= 1) {
    map.error(map.node(), "confidence", "must be more than 50% and less than 100%");
  }
  return rule;
}

void read_latency(MapReader& map, Expectation& expectation) {
  expectation.latency_p50 = read_with<double>(map, "p50", parse_ratio_limit);
  expectation.latency_p99 = read_with<double>(map, "p99", parse_ratio_limit);
}

void read_steady(MapReader& map, Phase phase, Expectation& expectation) {
  expectation.every_cluster_seen = map.boolean("everyClusterSeen").value_or(false);
  map.section("balance", [&](MapReader& balance) { expectation.balance = read_balance(balance); });
  if (phase == Phase::baseline) return;
  map.section("latency", [&](MapReader& latency) { read_latency(latency, expectation); });
  if (phase != Phase::hold) return;
  expectation.target_share = read_with<double>(map, "targetShare", parse_share_limit);
  expectation.survivors = map.strings("survivors").value_or(std::vector<std::string>{});
}

Expectation read_expectation(MapReader& map, Phase phase) {
  Expectation expectation;
  if (is_steady(phase)) {
    read_steady(map, phase, expectation);
  } else {
    expectation.outage = read_with<Duration>(map, "outage", parse_duration_limit);
  }
  if (phase == Phase::fail) {
    expectation.effect_within = read_with<Duration>(map, "effectWithin", parse_duration_limit);
    expectation.drained_within = read_with<Duration>(map, "drainedWithin", parse_duration_limit);
  }
  if (phase == Phase::restore) {
    expectation.ready_within = read_with<Duration>(map, "readyWithin", parse_duration_limit);
    expectation.seen_within = read_with<Duration>(map, "targetSeenWithin", parse_duration_limit);
  }
  expectation.errors = read_with<double>(map, "errors", parse_share_limit);
  expectation.client_errors = read_with<double>(map, "clientErrors", parse_share_limit);
  if (const auto least = map.integer("minSamples", 1, 1'000'000'000))
    expectation.min_samples = static_cast<std::uint64_t>(*least);
  return expectation;
}

}  // namespace

std::array<Expectation, phase_count> read_expectations(MapReader& root, const Fault& fault) {
  std::array<Expectation, phase_count> expect;
  for (const Phase phase : all_phases)
    expect.at(static_cast<std::size_t>(phase)) = default_expectation(phase, fault);
  root.section("expect", [&](MapReader& map) {
    for (const Phase phase : all_phases) {
      map.section(to_string(phase), [&](MapReader& of_phase) {
        if (fault.kind == Fault::Kind::none && phase != Phase::baseline)
          map.error(of_phase.node(), to_string(phase), "a drill without a fault has the baseline alone");
        expect.at(static_cast<std::size_t>(phase)) = read_expectation(of_phase, phase);
      });
    }
  });
  return expect;
}

}  // namespace meshdrill::drill
