// What a journal says, added up: phases with their tallies, outages, writes and proofs. Built entry by entry,
// so the live view of a running drill and the report of one long past are the same code; memory does not grow
// with the number of samples.
#pragma once

#include "drill/change.hpp"
#include "drill/journal.hpp"
#include "drill/scenario.hpp"
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
  std::map<std::string, int> ready_before;  // cluster -> ready endpoints of the Service, its own Pods only
  std::vector<probe::Stream> streams;
  std::vector<probe::DnsAnswer> first_answers;
  std::vector<PhaseRecord> phases;
  std::vector<std::vector<probe::Outage>> outages;  // by stream
  std::vector<probe::Stall> stalls;

  std::optional<probe::Offset> faulted;             // the API acknowledged the last scale-down
  std::optional<probe::Offset> restore_written;     // the API acknowledged the last scale-up
  std::optional<probe::Offset> target_drained;      // the target's ready endpoints were seen to be 0
  std::optional<probe::Offset> last_target_answer;  // before the restore
  std::optional<probe::Offset> target_ready_again;
  std::optional<probe::Offset> target_seen_again;  // first answer from the target after the restore
  std::optional<Abort> abort;                      // the first one; what came after did not cause it
  std::optional<Restored> restored;
  bool changed = false;  // a write was intended: from here on there is something to restore
  bool ended = false;    // the run came to its end; false in the journal of one that was killed

  [[nodiscard]] const PhaseRecord* phase(Phase wanted) const;
  [[nodiscard]] const std::string& target() const { return scenario.target.cluster; }
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
  void add_preflight(const Entry& entry);
  void add_target(const boost::json::object& fields);
  Result<> add_streams(const boost::json::object& fields);
  Result<> add_phase(const Entry& entry);
  void add_write(const Entry& entry);
  void add_observation(const Entry& entry);
  void add_abort(const Entry& entry);
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
  bool restoring_ = false;  // the restore is under way, whether or not a write of it is acknowledged
};

// The history of a journal on disk.
Result<History> read_history(const std::filesystem::path& journal);

std::string_view to_string(Abort::Kind kind);

}  // namespace meshdrill::drill
