// What a journal says, added up: phases with their tallies, outages, writes and proofs. Built entry by entry,
// so the live view of a running drill and the report of one long past are the same code; memory does not grow
// with the number of samples.
#pragma once

#include "drill/change/change.hpp"
#include "drill/journal/journal.hpp"
#include "drill/scenario/scenario.hpp"
#include "probe/statistics/in_order.hpp"
#include "probe/statistics/outage.hpp"
#include "probe/statistics/tally.hpp"

#include <array>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace meshdrill::drill {

struct ClusterInfo {
  std::string name;
  std::string context;
  std::string
      uid;  // of its namespace kube-system: which cluster it really is; empty when that could not be read
  std::vector<IpAddress> ingress;
};

struct Finding {
  std::string check;  // "access", "endpoints", …
  bool ok = false;
  std::string message;
  bool warning = false;  // ok, and should be read all the same
};

struct PhaseRecord {
  Phase phase = Phase::baseline;
  probe::Offset from{};
  std::optional<probe::Offset> to;  // none while it lasts
  probe::Tally tally;
};

// Why a run ended before its last phase.
struct Abort {
  enum class Kind { refused, guard, interference, interrupted, failed };
  probe::Offset at{};
  Kind kind = Kind::failed;
  std::string message;
  int signal = 0;  // of Kind::interrupted
};

struct Restored {
  probe::Offset at{};
  bool verified = false;  // every workload has its replicas again, and they are ready
  std::string message;    // what is wrong when not verified
};

struct History {
  // From the first entry.
  std::string run;      // identifies it in journals, Leases and messages
  std::string version;  // of the tool
  std::string started;  // RFC 3339, the wall clock's only appearance
  std::string host;
  Scenario scenario;
  std::string url;
  std::string mesh;
  std::vector<ClusterInfo> clusters;

  std::vector<Finding> preflight;
  std::vector<Change> changes;              // to the target: what the fault writes and the restore undoes
  int left_ready = 0;                       // endpoints of the target that the fault leaves
  std::map<std::string, int> ready_before;  // cluster -> ready endpoints of the Service, its own Pods only
  std::vector<probe::Stream> streams;
  std::vector<probe::DnsAnswer> first_answers;
  std::vector<probe::Vantage> vantages;
  std::vector<probe::DnsFinding> findings;  // how the addresses that are asked and those of DNS differ
  std::vector<PhaseRecord> phases;
  std::vector<std::vector<probe::Outage>> outages;  // by stream
  std::vector<probe::Stall> stalls;

  std::optional<probe::Offset> faulted;          // the API acknowledged the last write of the fault
  std::optional<probe::Offset> restore_written;  // the API acknowledged the last write of the restore
  // The API showed the fault's effect: the target's endpoints, or the Pods of what was taken away, are gone.
  std::optional<probe::Offset> target_drained;
  // Of answers that the fault takes away: see is_taken_away().
  std::optional<probe::Offset> last_target_answer;  // before the restore
  std::optional<probe::Offset> target_ready_again;  // the API showed that effect undone
  std::optional<probe::Offset> target_seen_again;   // the first one sent after the restore
  std::uint64_t taken_away_before = 0;              // how many there were before the fault
  std::vector<std::string> ownership;               // what became of the ownership of the fields, a line each
  std::optional<Abort> abort;                       // the first one; what came after did not cause it
  std::optional<Restored> restored;
  bool changed = false;  // a write was intended: from here on there is something to restore
  bool ended = false;    // the run came to its end; false in the journal of one that was killed

  [[nodiscard]] const PhaseRecord* phase(Phase wanted) const;
  [[nodiscard]] const std::string& target() const { return scenario.target.cluster; }
  // The fault leaves no Pod of the target behind the Service.
  [[nodiscard]] bool target_silenced() const { return scenario.fault.silences_target() && left_ready == 0; }
  // Whether the target's ingress has this address.
  [[nodiscard]] bool at_target(const std::optional<IpAddress>& address) const;
  // Whether users get such an answer no more while the fault lasts: from `cluster`, by `address`.
  [[nodiscard]] bool is_taken_away(const std::string& cluster, const std::optional<IpAddress>& address) const;
  // Whether its failures are the drill's own doing: it asks an ingress that the fault takes away, or may.
  [[nodiscard]] bool is_of_fault(const probe::Stream& stream) const;
  // There are answers that the fault takes away, so their end proves it and their return the restore.
  [[nodiscard]] bool takes_answers_away() const;
};

class HistoryBuilder {
 public:
  // Entries in the order of the journal. The first must be a "start" of a schema that we know.
  Result<> add(const Entry& entry);

  // Complete as of some 300 ms before the newest batch: requests end out of order, and phases begin between
  // them.
  [[nodiscard]] const History& history() const { return history_; }

 private:
  Result<> add_start(const boost::json::object& fields);
  void take_service(const boost::json::object& fields);
  void add_preflight(const Entry& entry);
  void add_target(const boost::json::object& fields);
  Result<> add_streams(const boost::json::object& fields);
  Result<> add_phase(const Entry& entry);
  void add_abort(const Entry& entry);

  // history_effect.cpp
  void add_write(const Entry& entry);
  void add_observation(const Entry& entry);
  // The effect of the fault stands, or does not, as of `at`.
  void note_effect(probe::Offset at, bool gone, bool back);
  void add_workload(const Entry& entry, std::int64_t ready);
  void add_pods(const Entry& entry, std::int64_t left);

  // history_samples.cpp
  Result<> add_batch(const boost::json::object& fields);
  void settle(probe::Offset before);
  void count(const probe::Sample& sample);

  struct StreamState {
    probe::InOrder order;
    probe::OutageFinder finder;
  };

  History history_;
  std::vector<StreamState> streams_;
  bool started_ = false;
  bool back_ = false;  // what the fault takes away is there, as of the last look
  std::map<std::string, std::int64_t>
      shown_;               // by object: ready Pods, or Pods left, as the API showed it last
  bool restoring_ = false;  // the restore is under way, whether or not a write of it is acknowledged
};

// The history of a journal on disk.
Result<History> read_history(const std::filesystem::path& journal);

std::string_view to_string(Abort::Kind kind);

}  // namespace meshdrill::drill
