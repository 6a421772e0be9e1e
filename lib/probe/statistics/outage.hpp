// Turns the samples of one stream into outages, each as an interval that holds the true length.
//
// A blackout, with no good answer inside. Each request is a witness: the answer to a good one was given
// between its start and its end, and a bad one showed the fault between its start and the moment when it was
// known to be bad. So an outage that really lasted D obeys
//   last_bad - bad_by <= D <= good_by - last_good.
// With requests started every T that is 2 T wide, and wider by what the two inner edges took: the time the
// first bad request needed to show the fault, and the time the first good one after it needed to be answered.
// Time-outs do not blur it: requests keep starting while earlier ones hang, and one that hangs is known to be
// bad from where it hung.
//
// A brownout, where some requests were good. Nothing is certain but what was seen: users met failures from
// first_bad to last_bad. A good answer does not show that the fault was over, so the far bounds are a
// matter of confidence: see Outage::confident_upper().
//
// Merging: bad samples with less than OutageRules::settle between them belong to one outage (what a user
// calls "it was flapping for two seconds" is one event, not thirty of 50 ms). What lay inside is not lost:
// `runs` counts the separate runs of bad samples, and `longest_blackout` bounds the longest run with no good
// answer at all.
#pragma once

#include "probe/sample.hpp"
#include "probe/statistics/status_counts.hpp"

#include <array>
#include <cstdint>
#include <deque>
#include <optional>
#include <span>
#include <vector>

namespace meshdrill::probe {

struct OutageRules {
  // An outage is over when this long no sample was bad. Zero: every run of bad samples is an outage of its
  // own.
  std::chrono::microseconds settle = std::chrono::seconds{1};
  // A good answer that took this long from its planned start is bad all the same: the user noticed. So is one
  // whose SYN had to be repeated: something on the way loses packets.
  std::chrono::microseconds slow_after = std::chrono::seconds{1};
  // So many are kept of a stream that fails for hours on end: the longest.
  std::size_t kept = 1000;
};

enum class OutageKind {
  blackout,  // not one good answer inside
  brownout,  // good ones in between, or only slow ones
};

// The true length lies in [lower, upper]; no `upper`: unbounded, since one end was not seen.
struct Bounds {
  std::chrono::microseconds lower{};
  std::optional<std::chrono::microseconds> upper;

  bool operator==(const Bounds&) const = default;
};

struct Outage {
  int stream = 0;
  OutageKind kind = OutageKind::blackout;
  // These four are times at which a request started.
  std::optional<Offset> last_good;  // before it; none: bad from the first sample on
  Offset first_bad{};
  Offset last_bad{};
  std::optional<Offset> next_good;  // after it; none: still open at the end of the record
  Offset bad_by{};                  // when the first bad request was known to be bad
  std::optional<Offset> good_by;    // when the first good one after it was answered
  Bounds longest_blackout;
  std::uint64_t runs = 0;         // runs of bad samples with good ones in between; more than one is flapping
  std::uint64_t failed = 0;       // samples inside whose outcome was not ok
  std::uint64_t slow = 0;         // samples inside that were ok but slow
  std::uint64_t good = 0;         // samples inside that were good
  std::uint64_t good_before = 0;  // good ones in a row right before it
  std::uint64_t good_after = 0;   // good ones in a row right after it
  std::uint64_t longest_good_run = 0;                  // inside
  std::array<std::uint64_t, outcome_count> reasons{};  // of the failed ones
  StatusCounts statuses{};                             // of those among them that ended in http_status
  bool blind = false;  // the prober was blind for part of it (a stall, not_sent): the bounds are true, but
                       // wider for it

  // Blackout: of the true length. Brownout: of the time in which users saw failures.
  [[nodiscard]] Bounds bounds() const;
  // Brownout: the fault was shorter than this, wrong with at most probability 1 - `confidence`, if requests
  // fail independently of each other while it lasts; and never less than if the quiet spells at its edges
  // were as long as the longest one seen inside. None: too little was seen to say. Blackout: as in bounds().
  [[nodiscard]] std::optional<std::chrono::microseconds> confident_upper(double confidence = 0.95) const;
  [[nodiscard]] bool open() const { return !next_good; }
  // How often it went from bad to good or back while it lasted.
  [[nodiscard]] std::uint64_t alternations() const { return runs == 0 ? 0 : 2 * (runs - 1); }

  bool operator==(const Outage&) const = default;
};

// Reads one stream as it goes, in memory that does not grow with its length (outages aside).
class OutageFinder {
 public:
  explicit OutageFinder(OutageRules rules = {}) : rules_(rules) {}

  // A stall must be added before any sample that was in flight during it.
  void add(const Stall& stall);
  // Samples of one stream, in order of `index`.
  void add(const Sample& sample);

  // Those that are over.
  [[nodiscard]] const std::vector<Outage>& closed() const { return closed_; }
  // The one that is not settled yet, if any; its next_good is set when good samples followed it already.
  [[nodiscard]] const std::optional<Outage>& current() const { return current_; }
  // Both, oldest first.
  [[nodiscard]] std::vector<Outage> all() const;
  // Those that are over and not kept, since there were so many longer ones.
  [[nodiscard]] std::uint64_t dropped() const { return dropped_; }
  // The longest time from one request that tells something to the next: what an outage can hide in.
  [[nodiscard]] std::chrono::microseconds longest_gap() const { return longest_gap_; }

 private:
  enum class Verdict { good, slow, failed, none };
  [[nodiscard]] Verdict judge(const Sample& sample) const;
  [[nodiscard]] bool overlaps_stall(Offset from, Offset to) const;
  void begin(const Sample& sample, Verdict verdict);
  void add_bad(const Sample& sample, Verdict verdict);
  void add_good(const Sample& sample);
  void end_blackout(Offset started, Offset answered);
  void close();

  OutageRules rules_;
  std::vector<Outage> closed_;
  std::optional<Outage> current_;
  std::deque<Stall> stalls_;             // those that can still matter, in order
  std::optional<Offset> last_good_;      // start of the last good sample
  std::optional<Offset> last_answered_;  // of the last that was ok, slow or not
  std::optional<Offset> run_first_;      // the run of failed samples being read, for longest_blackout
  Offset run_first_by_{};                // when its first was known to be bad
  Offset run_last_{};
  std::uint64_t good_since_bad_ = 0;
  std::uint64_t good_in_a_row_ = 0;
  std::uint64_t dropped_ = 0;
  std::optional<Offset> last_evidence_;
  std::chrono::microseconds longest_gap_{};
  bool blind_ = false;  // since the last sample that told something, some told nothing
};

// The same for a record that is complete. `samples` are of one stream, in order of `index`.
std::vector<Outage> find_outages(std::span<const Sample> samples, std::span<const Stall> stalls = {},
                                 const OutageRules& rules = {});

std::string_view to_string(OutageKind kind);
template <>
std::optional<OutageKind> from_string(std::string_view text);

}  // namespace meshdrill::probe
