// What a drill file says: what is done to which cluster, what is measured meanwhile, and what must hold.
// Plain values; nothing here was looked up in a cluster.
#pragma once

#include "base/document.hpp"
#include "base/duration.hpp"
#include "base/key_shape.hpp"
#include "probe/prober.hpp"
#include "probe/statistics/balance.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace meshdrill::drill {

// The five phases, in their order. Each sample belongs to the phase in which it was planned.
enum class Phase {
  baseline,   // nothing was touched: the steady state
  fail,       // from the fault until it shows: the target answers no more
  hold,       // the fault lasts: what users have now
  restore,    // from the restore until it shows: the target answers again
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

// A Deployment or StatefulSet by its name.
struct WorkloadName {
  std::string kind;  // "Deployment", "StatefulSet"; empty: whichever of that name there is
  ObjectName object;

  bool operator==(const WorkloadName&) const = default;
};

// A part of a whole: a number, or a share of it.
struct Amount {
  int count = 0;
  std::optional<double> share;  // 0 to 1; in place of count

  // Never more than `whole`; a share is rounded up.
  [[nodiscard]] int of(int whole) const;
  bool operator==(const Amount&) const = default;
};
// "3", "25%".
std::string to_string(const Amount& amount);

// Whose workloads the fault is about, and the Service by which the drill sees what becomes of them.
struct Target {
  std::string cluster;  // a name of the mesh file
  bool each = false;    // every cluster in turn; `cluster` is then set for each run
  // What traffic is followed by: ready endpoints, who answers. With `ingress` it is found out in the cluster;
  // else by default the one that the mesh's ingress leads to.
  ObjectName service;
  std::optional<ObjectName> ingress;    // every workload behind every Service behind it
  std::vector<WorkloadName> workloads;  // these and no others; empty: every one behind the Service
  std::string selector;                 // of labels; in `selector_namespace`
  std::string selector_namespace;
  Location where;
  Location cluster_where;
  Location service_where;
};

// What is done to the target. Each has its own claim: docs/reference/drill-file.md.
struct Fault {
  enum class Kind {
    none,                // nothing: the steady state is judged, and that is all
    scale,               // its workloads keep `amount` of their replicas
    unshare,             // its Service is no longer shared with the other clusters
    ingress_controller,  // its ingress controller is scaled to 0, or taken off its nodes
    control_plane,       // its clustermesh-apiserver is scaled to 0
    delete_pods,         // `amount` of the Pods of each workload are deleted
  };

  Kind kind = Kind::scale;
  Amount amount;
  // ingress_controller, control_plane: when it is not where our Helm values put it.
  std::optional<WorkloadName> workload;
  Location where;

  // No Pod of the target answers any more, as long as every workload behind the Service is a target.
  [[nodiscard]] bool silences_target() const { return kind == Kind::scale && amount == Amount{}; }
};

// What must hold in one phase. Absent: not asked.
struct Expectation {
  bool every_cluster_seen = false;  // each cluster that has ready endpoints answered (hold: but the target,
                                    // where the fault silences it)
  std::vector<std::string> survivors;         // each of these clusters answered
  std::optional<probe::BalanceRule> balance;  // of connections over clusters, weighted by ready endpoints
  std::optional<Duration> outage;             // of each stream: at most this long
  std::optional<double> errors;               // share of requests that failed: at most this; 0 to 1
  std::optional<double> client_errors;        // the same, of the streams that follow DNS alone
  std::optional<double> target_share;  // share of answers that came from the target: at most this; 0 to 1
  std::optional<std::uint64_t> min_samples;  // requests that say something
  // At most so many times what it was in the baseline.
  std::optional<double> latency_p50;
  std::optional<double> latency_p99;
  // From the acknowledged write: until the API shows its effect, and until the last or first answer.
  std::optional<Duration> effect_within;
  std::optional<Duration> drained_within;
  std::optional<Duration> ready_within;
  std::optional<Duration> seen_within;
};

// Ends the drill early: more than `errors` of the requests failed over the last `over`.
struct AbortRule {
  double errors = 0.5;
  Duration over = std::chrono::seconds{3};

  bool operator==(const AbortRule&) const = default;
};

// What to do about somebody who owns what the fault would change.
enum class OwnerPolicy { refuse, warn, allow };

struct OwnerPolicies {
  OwnerPolicy hpa = OwnerPolicy::refuse;
  OwnerPolicy keda = OwnerPolicy::refuse;
  OwnerPolicy argocd = OwnerPolicy::refuse;
  OwnerPolicy flux = OwnerPolicy::refuse;
  OwnerPolicy helm = OwnerPolicy::warn;  // nothing of Helm's runs: it only minds at the next upgrade
  OwnerPolicy unknown = OwnerPolicy::warn;

  // By the key of the drill file; nullptr when there is no such.
  OwnerPolicy* find(std::string_view name);
  bool operator==(const OwnerPolicies&) const = default;
};

// When a drill may run: days of the week and hours, in UTC.
struct Window {
  std::array<bool, 7> days{};   // from Sunday
  std::chrono::minutes from{};  // since midnight
  std::chrono::minutes to{};    // the end, not included
  std::string text;             // as written

  // Whether all of [start, end] lies within it on one day.
  [[nodiscard]] bool holds(std::chrono::system_clock::time_point start,
                           std::chrono::system_clock::time_point end) const;
  bool operator==(const Window&) const = default;
};

struct Guards {
  Duration deadline = std::chrono::minutes{5};  // from the first request to the order to restore
  std::vector<AbortRule> abort_if{{0.5, std::chrono::seconds{5}}};
  int consecutive_failures = 0;                       // of one stream, one after the other; 0: not watched
  Duration observer_lost = std::chrono::seconds{30};  // the API of the target shows nothing for so long
  // Ready endpoints that the other clusters must have together, before and during the fault; at least 1. A
  // share is of the target's own.
  Amount min_ready_elsewhere{1, std::nullopt};
  int min_healthy_clusters = 1;  // others with a ready endpoint; at least 1
  int max_workloads = 10;        // that one drill may change
  bool require_opt_in = false;   // every changed object must carry opt_in_annotation
  std::string environment;       // the target must say that it is this; empty: not asked
  std::vector<Window> windows;   // empty: always
  OwnerPolicies owners;

  // Of min_ready_elsewhere, when the target itself has `here`.
  [[nodiscard]] int survivors_floor(int here) const;
  bool operator==(const Guards&) const = default;
};

inline constexpr const char* opt_in_annotation = "meshdrill.io/drills";  // "allowed", on a workload
inline constexpr const char* environment_annotation =
    "meshdrill.io/environment";  // on the namespace kube-system

// What becomes of the ownership of a field that the drill wrote.
enum class Ownership {
  hand_back,  // as it was before; where that is not allowed, reported
  report,     // reported alone
  keep,       // not looked at
};
std::string_view to_string(Ownership ownership);
std::optional<Ownership> ownership_from_string(std::string_view text);

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
  Fault fault;
  probe::ProbeConfig traffic;
  PhaseLengths phases;
  std::array<Expectation, phase_count> expect;
  Guards guards;
  Ownership ownership = Ownership::hand_back;
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

// What a drill file may hold, and what each key means (scenario_keys.cpp).
KeyShape drill_file_shape();
std::span<const KeyMeaning> drill_file_meanings();

}  // namespace meshdrill::drill
