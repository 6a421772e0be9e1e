// Turns the samples of one stream into outages, each as an interval that holds the true length.
//
// With requests started every T, an outage that really lasted D obeys
//   last_bad - first_bad <= D <= next_good - last_good,
// which is at most 2 T wide when nothing was held up. Start times count, so time-outs do not blur it:
// requests keep starting while earlier ones hang.
//
// Merging: bad samples with less than OutageRules::settle between them belong to one outage (what a user
// calls "it was flapping for two seconds" is one event, not thirty of 50 ms). What lay inside is not lost:
// `runs` counts the separate runs of bad samples, and `longest_blackout` bounds the longest run with no good
// answer at all.
#pragma once

#include "probe/sample.hpp"

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
  // A good answer that took this long from its planned start is bad all the same: the user noticed.
  std::chrono::microseconds slow_after = std::chrono::seconds{1};
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
  // All four are times at which a request started.
  std::optional<Offset> last_good;  // before it; none: bad from the first sample on
  Offset first_bad{};
  Offset last_bad{};
  std::optional<Offset> next_good;  // after it; none: still open at the end of the record
  Bounds longest_blackout;
  std::uint64_t runs = 0;    // runs of bad samples with good ones in between; more than one is flapping
  std::uint64_t failed = 0;  // samples inside whose outcome was not ok
  std::uint64_t slow = 0;    // samples inside that were ok but slow
  std::uint64_t good = 0;    // samples inside that were good
  std::array<std::uint64_t, outcome_count> reasons{};  // of the failed ones
  bool blind = false;  // the prober was blind for part of it (a stall, not_sent): the bounds are true, but
                       // wider for it

  [[nodiscard]] Bounds bounds() const;
  [[nodiscard]] bool open() const { return !next_good; }

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

 private:
  enum class Verdict { good, slow, failed, none };
  [[nodiscard]] Verdict judge(const Sample& sample) const;
  [[nodiscard]] bool overlaps_stall(Offset from, Offset to) const;
  void add_bad(const Sample& sample, Verdict verdict);
  void add_good(const Sample& sample);
  void end_blackout(Offset answered);
  void close();

  OutageRules rules_;
  std::vector<Outage> closed_;
  std::optional<Outage> current_;
  std::deque<Stall> stalls_;             // those that can still matter, in order
  std::optional<Offset> last_good_;      // start of the last good sample
  std::optional<Offset> last_answered_;  // of the last that was ok, slow or not
  std::optional<Offset> run_first_;      // the run of failed samples being read, for longest_blackout
  Offset run_last_{};
  std::uint64_t good_since_bad_ = 0;
  bool blind_ = false;  // since the last sample that told something, some told nothing
};

// The same for a record that is complete. `samples` are of one stream, in order of `index`.
std::vector<Outage> find_outages(std::span<const Sample> samples, std::span<const Stall> stalls = {},
                                 const OutageRules& rules = {});

std::string_view to_string(OutageKind kind);
template <>
std::optional<OutageKind> from_string(std::string_view text);

}  // namespace meshdrill::probe
