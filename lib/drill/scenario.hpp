// What a drill file says: whose workloads go away, what is measured meanwhile, and what must hold. Plain
// values; nothing here was looked up in a cluster.
#pragma once

#include "base/document.hpp"
#include "base/duration.hpp"
#include "probe/prober.hpp"
#include "probe/statistics/balance.hpp"

#include <array>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace meshdrill::drill {

// The five phases, in their order. Each sample belongs to the phase in which it was planned.
enum class Phase {
  baseline,   // nothing was touched: the steady state
  fail,       // from the acknowledged scale-down until the target answers no more
  hold,       // the target is gone: what users have now
  restore,    // from the acknowledged scale-up until the target answers again
  recovered,  // as it was before: the steady state again
};
inline constexpr std::size_t phase_count = 5;
inline constexpr std::array<Phase, phase_count> all_phases{Phase::baseline, Phase::fail, Phase::hold,
                                                           Phase::restore, Phase::recovered};

std::string_view to_string(Phase phase);
std::optional<Phase> phase_from_string(std::string_view text);

struct ObjectName {
  std::string ns;
  std::string name;

  bool operator==(const ObjectName&) const = default;
};
std::string to_string(const ObjectName& object);

struct Target {
  std::string cluster;  // a name of the mesh file
  ObjectName service;   // every Deployment behind it is scaled
  Location where;
  Location cluster_where;
};

// What must hold in one phase. Absent: not asked.
struct Expectation {
  bool every_cluster_seen =
      false;  // each cluster that has ready endpoints answered (hold: each but the target)
  std::optional<probe::BalanceRule> balance;  // of connections over clusters, weighted by ready endpoints
  std::optional<Duration> outage;             // of each stream: at most this long
  std::optional<double> errors;               // share of requests that failed: at most this; 0 to 1
  std::optional<double> target_share;  // share of answers that came from the target: at most this; 0 to 1
};

// Ends the drill early: more than `errors` of the requests failed over the last `over`.
struct AbortRule {
  double errors = 0.5;
  Duration over = std::chrono::seconds{3};

  bool operator==(const AbortRule&) const = default;
};

struct Guards {
  Duration deadline = std::chrono::minutes{5};  // from the first request to the order to restore
  std::vector<AbortRule> abort_if{{0.5, std::chrono::seconds{5}}};
  int min_ready_elsewhere = 1;  // ready endpoints that the other clusters must have together; at least 1

  bool operator==(const Guards&) const = default;
};

// How long the phases last. fail and restore end as soon as what they wait for has happened; theirs is the
// most.
struct PhaseLengths {
  Duration baseline = std::chrono::seconds{15};
  Duration fail = std::chrono::seconds{30};
  Duration hold = std::chrono::seconds{15};
  Duration restore = std::chrono::minutes{2};
  Duration recovered = std::chrono::seconds{15};

  [[nodiscard]] Duration of(Phase phase) const;
  bool operator==(const PhaseLengths&) const = default;
};

struct Scenario {
  std::string name;
  std::string description;
  std::string runbook;  // a link for whoever is on call
  std::filesystem::path mesh_file;
  Target target;
  int scale_to = 0;  // replicas of every workload during the fault
  probe::ProbeConfig traffic;
  PhaseLengths phases;
  std::array<Expectation, phase_count> expect;
  Guards guards;
  std::string text;  // the file itself, for the journal

  [[nodiscard]] const Expectation& expected(Phase phase) const {
    return expect[static_cast<std::size_t>(phase)];
  }
};

// Reads a drill file (docs/reference/drill-file.md). `file` names it in diagnostics, and a relative path in
// it starts at its folder. What the file leaves out gets the defaults that the reference lists; traffic.url
// stays empty when absent: it is then the mesh's.
Checked<Scenario> read_scenario_text(std::string_view text, const std::string& file);
Checked<Scenario> read_scenario(const std::string& path);

}  // namespace meshdrill::drill
