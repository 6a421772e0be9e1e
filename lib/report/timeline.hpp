// A run cut into windows of time, for what is drawn or listed along the time axis. Built while the journal is
// read, in memory that does not grow with its length: when there are more than most_windows of them, two at a
// time become one, twice as long. Outages are not taken from here: History has them exactly.
#pragma once

#include "drill/journal/history.hpp"
#include "drill/journal/journal.hpp"
#include "probe/statistics/histogram.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace meshdrill::report {

// What the requests planned in one window came to.
struct TimelineWindow {
  std::map<std::string, std::uint64_t> answers;      // good ones, by cluster
  std::map<probe::Outcome, std::uint64_t> failures;  // that say something of the system under test
  std::uint64_t unsent = 0;                          // our own fault
  probe::Histogram latency;                          // of the good ones, from the planned start

  void merge(const TimelineWindow& other);
  [[nodiscard]] std::uint64_t answered() const;
  [[nodiscard]] std::uint64_t failed() const;
  [[nodiscard]] bool empty() const { return answers.empty() && failures.empty() && unsent == 0; }
};

// Something that happened at one moment: a write, endpoints that came or went, another answer of DNS.
struct TimelineEvent {
  enum class Kind { write, endpoints, dns, abort, restored, warning };
  probe::Offset at{};
  Kind kind = Kind::write;
  std::string text;  // may hold text from outside
};
std::string_view to_string(TimelineEvent::Kind kind);

struct Timeline {
  // So many windows at most.
  static constexpr std::size_t most_windows = 2000;
  // Of endpoints, DNS answers and warnings so many are kept; all of the other kinds are.
  static constexpr std::size_t most_events = 500;

  probe::Offset length{std::chrono::milliseconds{100}};  // of each window; the first begins at 0
  std::vector<TimelineWindow> windows;
  std::vector<TimelineEvent> events;  // oldest first
  std::size_t events_left_out = 0;
  probe::Offset end{};  // of the journal

  [[nodiscard]] probe::Offset begin_of(std::size_t window) const {
    return length * static_cast<probe::Offset::rep>(window);
  }
};

class TimelineBuilder {
 public:
  // Every entry of the journal but its samples.
  void add(const drill::Entry& entry);
  // The samples of one entry.
  void add(const probe::Batch& batch);

  [[nodiscard]] const Timeline& timeline() const { return timeline_; }

 private:
  void add(const probe::Sample& sample);
  void add(const probe::DnsAnswer& answer);
  void note(TimelineEvent event);
  void double_length();

  Timeline timeline_;
  std::map<std::string, std::string> last_answers_;  // what each server last said of each name
};

}  // namespace meshdrill::report
