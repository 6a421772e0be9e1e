#include "drill/safety/guard.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace meshdrill::drill {
namespace {

using probe::Offset;
using std::chrono::milliseconds;

constexpr milliseconds slot_length{100};
constexpr milliseconds period{50};
// The prober reports at least every second; this long without a word means that it is blind or gone.
constexpr std::chrono::seconds longest_silence{4};
// An error share of a handful of requests is no share.
constexpr std::uint64_t least_requests = 10;

}  // namespace

Guard::Guard(Guards rules, std::chrono::steady_clock::time_point epoch, Alarm alarm)
    : rules_(std::move(rules)), epoch_(epoch), alarm_(std::move(alarm)) {
  last_batch_ = now();
  thread_ = std::thread([this] { watch(); });
}

Guard::~Guard() {
  rest();
  thread_.join();
}

void Guard::rest() {
  {
    const std::lock_guard lock{mutex_};
    done_ = true;
  }
  wake_.notify_all();
}

void Guard::ignore(std::set<int> streams) {
  const std::lock_guard lock{mutex_};
  ignored_ = std::move(streams);
}

void Guard::survivors(int ready, int floor) {
  const std::lock_guard lock{mutex_};
  below_floor_.reset();
  if (ready < floor)
    below_floor_ =
        fmt::format("the other clusters have {} ready endpoints, fewer than the {} demanded", ready, floor);
}

void Guard::answered(const std::string& cluster) {
  const std::lock_guard lock{mutex_};
  answered_[cluster] = now();
}

void Guard::feed(const probe::Batch& batch) {
  const std::lock_guard lock{mutex_};
  last_batch_ = now();
  for (const probe::Sample& sample : batch.samples) {
    if (probe::is_evidence(sample.outcome) && !ignored_.contains(sample.stream)) count(sample);
  }
}

void Guard::count(const probe::Sample& sample) {
  const bool failed = sample.outcome != probe::Outcome::ok;
  int& row = failures_in_a_row_[sample.stream];
  row = failed ? row + 1 : 0;
  longest_row_ = std::max(longest_row_, row);
  const Offset start = sample.finished - sample.finished % Offset{slot_length};
  if (slots_.empty() || slots_.back().start < start) slots_.push_back({start, 0, 0});
  // Samples of a batch may end in an earlier slot than its last: then that one counts them.
  auto slot = slots_.rbegin();
  while (slot->start > start && std::next(slot) != slots_.rend()) ++slot;
  ++slot->requests;
  if (failed) ++slot->failed;
}

Offset Guard::now() const {
  return std::chrono::duration_cast<Offset>(std::chrono::steady_clock::now() - epoch_);
}

void Guard::watch() {
  std::unique_lock lock{mutex_};
  while (!done_) {
    wake_.wait_for(lock, period);
    if (done_) return;
    const Offset time = now();
    if (auto breached = breach(time)) {
      lock.unlock();
      alarm_(std::move(*breached));
      return;
    }
    Duration longest{};
    for (const AbortRule& rule : rules_.abort_if) longest = std::max(longest, rule.over);
    forget(time - std::chrono::duration_cast<Offset>(longest) - slot_length);
  }
}

std::optional<std::string> Guard::breach(Offset time) const {
  if (time >= rules_.deadline)
    return fmt::format("the deadline of {} has passed", format_duration(rules_.deadline));
  if (time - last_batch_ > longest_silence)
    return "the prober has gone silent: nobody is watching what users see";
  if (below_floor_) return below_floor_;
  for (const auto& [cluster, at] : answered_) {
    if (time - at > rules_.observer_lost)
      return fmt::format("the API of {} has not answered for {}: nobody is watching what happens there",
                         cluster, format_duration(rules_.observer_lost));
  }
  if (rules_.consecutive_failures > 0 && longest_row_ >= rules_.consecutive_failures)
    return fmt::format("{} requests of one stream failed one after the other", longest_row_);
  for (const AbortRule& rule : rules_.abort_if) {
    if (auto breached = breached_rule(rule, time)) return breached;
  }
  return std::nullopt;
}

std::optional<std::string> Guard::breached_rule(const AbortRule& rule, Offset time) const {
  if (time < rule.over) return std::nullopt;
  std::uint64_t requests = 0;
  std::uint64_t failed = 0;
  for (const Slot& slot : slots_) {
    if (slot.start < time - std::chrono::duration_cast<Offset>(rule.over)) continue;
    requests += slot.requests;
    failed += slot.failed;
  }
  if (requests < least_requests) return std::nullopt;
  const double share = static_cast<double>(failed) / static_cast<double>(requests);
  if (share <= rule.errors) return std::nullopt;
  return fmt::format("{:.1f} % of the requests of the last {} failed ({} of {}), more than {:.1f} %",
                     share * 100, format_duration(rule.over), failed, requests, rule.errors * 100);
}

void Guard::forget(Offset before) {
  while (!slots_.empty() && slots_.front().start < before) slots_.pop_front();
}

}  // namespace meshdrill::drill
