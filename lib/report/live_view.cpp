#include "report/live_view.hpp"

#include "base/text.hpp"
#include "drill/journal/sample_codec.hpp"
#include "drill/verdict/fault_class.hpp"
#include "probe/show/terms.hpp"
#include "report/entry_text.hpp"
#include "report/phrases.hpp"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

namespace meshdrill::report {
namespace {

using namespace std::chrono_literals;
using probe::Offset;

constexpr Offset window = 1s;              // what "just now" means
constexpr Offset terminal_period = 200ms;  // between refreshes on a terminal,
constexpr Offset plain_period = 2s;        // and between lines anywhere else

std::string describe_phase(drill::Phase phase, const drill::History& history) {
  const std::string length = format_duration(history.scenario.phases.of(phase));
  const std::string& target = history.target();
  switch (phase) {
    case drill::Phase::baseline:
      return fmt::format("the steady state, for {}", length);
    case drill::Phase::fail:
      return fmt::format("{} in {}; until it shows, at most {}", drill::fault_class(history.scenario.fault),
                         target, length);
    case drill::Phase::hold:
      return fmt::format("it lasts, for {}", length);
    case drill::Phase::restore:
      return fmt::format("putting {} back; until that shows, at most {}", target, length);
    case drill::Phase::recovered:
      break;
  }
  return fmt::format("as it was before, for {}", length);
}

// What is worth a line; empty for what is not.
std::string describe(const drill::Entry& entry, const drill::History& history) {
  if (entry.event == "start")
    return fmt::format("run {}: {} of {}", text_of(entry, "run"), to_string(history.scenario.target.service),
                       history.target());
  if (entry.event == "preflight")
    return fmt::format("preflight {} {}",
                       !entry.fields.at("ok").as_bool()   ? "REFUSED "
                       : entry.fields.contains("warning") ? "warning "
                                                          : "ok      ",
                       text_of(entry, "message"));
  if (entry.event == "streams")
    return fmt::format("probing {} with {}", history.url, plural(history.streams.size(), "stream"));
  if (entry.event == "phase") {
    const drill::Phase phase = history.phases.back().phase;
    return fmt::format("== {}: {}", to_string(phase), describe_phase(phase, history));
  }
  if (entry.event == "intent" || entry.event == "wrote") {
    return fmt::format("{} {}", entry.event == "intent" ? "writing" : "written", describe_write(entry));
  }
  if (entry.event == "observed") return describe_observation(entry);
  if (entry.event == "ownership") return text_of(entry, "message");
  if (entry.event == "abort")
    return fmt::format("ENDING EARLY ({}): {}", text_of(entry, "kind"), text_of(entry, "message"));
  if (entry.event == "warning") return fmt::format("warning: {}", text_of(entry, "message"));
  if (entry.event == "restored") {
    return entry.fields.at("verified").as_bool() ? "everything is back, verified"
                                                 : fmt::format("NOT RESTORED: {}", text_of(entry, "message"));
  }
  return {};
}

void add(Recent& sum, const Recent& other) {
  for (const auto& [address, answers] : other.answers) {
    for (const auto& [cluster, count] : answers) sum.answers[address][cluster] += count;
  }
  for (const auto& [address, count] : other.failed) sum.failed[address] += count;
  sum.guarded += other.guarded;
  sum.guarded_failed += other.guarded_failed;
}

void count(Recent& seen, const probe::Sample& sample, const drill::History& history) {
  // A row for every address that was asked, also where nobody answered.
  auto& answers = seen.answers[sample.address];
  if (!probe::is_evidence(sample.outcome)) return;
  const bool failed = sample.outcome != probe::Outcome::ok;
  if (failed) {
    ++seen.failed[sample.address];
  } else {
    ++answers[sample.cluster];
  }
  if (history.is_of_fault(history.streams.at(static_cast<std::size_t>(sample.stream)))) return;
  ++seen.guarded;
  seen.guarded_failed += failed ? 1 : 0;
}

Offset longest_look(const drill::History& history) {
  Offset longest = window;
  for (const drill::AbortRule& rule : history.scenario.guards.abort_if)
    longest = std::max(longest, std::chrono::duration_cast<Offset>(rule.over));
  return longest;
}

}  // namespace

LiveView::~LiveView() {
  clear_picture();
}

void LiveView::show(const drill::Entry& entry, const drill::History& history) {
  if (entry.event == "samples") return take_samples(entry, history);
  if (entry.event == "end") return clear_picture();
  timeline_.add(entry);
  if (entry.event == "target") ready_ = history.ready_before;
  if (entry.event == "observed" && entry.fields.contains("readyEndpoints"))
    ready_[text_of(entry, "cluster")] = static_cast<int>(number_of(entry, "readyEndpoints"));
  const std::string what = describe(entry, history);
  if (!what.empty()) line(entry.at, what);
}

void LiveView::line(Offset at, const std::string& what) {
  clear_picture();
  fmt::print(out_, "{:>10}  {}\n", seconds(at), what);
  std::fflush(out_);
}

void LiveView::take_samples(const drill::Entry& entry, const drill::History& history) {
  const auto batch = drill::decode_batch(entry.fields);
  if (!batch) return;
  timeline_.add(*batch);
  Moment moment{entry.at, {}};
  for (const probe::Sample& sample : batch->samples) count(moment.seen, sample, history);
  recent_.push_back(std::move(moment));
  while (recent_.front().at < entry.at - longest_look(history)) recent_.pop_front();
  if (history.phases.empty() || entry.at - last_now_ < (screen_ ? terminal_period : plain_period)) return;
  last_now_ = entry.at;
  if (!screen_) return line(entry.at, now_line(history, entry.at));
  paint(history, entry.at);
}

void LiveView::paint(const drill::History& history, Offset now) {
  PanelState state{history, timeline_.timeline(), since(now - window), {}, ready_, now};
  // Without a fault there is nothing to end early, and these rules are not watched.
  const bool watched = history.scenario.fault.kind != drill::Fault::Kind::none;
  for (const drill::AbortRule& rule : history.scenario.guards.abort_if) {
    if (!watched) break;
    const Recent seen = since(now - std::chrono::duration_cast<Offset>(rule.over));
    state.guarded_shares.push_back(probe::share_of(seen.guarded_failed, seen.guarded));
  }
  const std::vector<std::string> lines = live_panel(state, screen_());
  std::fputs(probe::repaint(lines, painted_).c_str(), out_);
  std::fflush(out_);
  painted_ = lines.size();
}

Recent LiveView::since(Offset from) const {
  Recent sum;
  for (const Moment& moment : recent_) {
    if (moment.at >= from) add(sum, moment.seen);
  }
  return sum;
}

// "  hold   lab-001 0/s   lab-002 199/s   failed 0/s"
std::string LiveView::now_line(const drill::History& history, Offset now) const {
  const Recent seen = since(now - window);
  std::string line = fmt::format("   {:<9}", to_string(history.phases.back().phase));
  for (const drill::ClusterInfo& cluster : history.clusters)
    line += fmt::format("  {} {:>4}/s", cluster.name, seen.answered_by(cluster.name));
  return line + fmt::format("  failed {:>4}/s", seen.failures());
}

void LiveView::clear_picture() {
  if (painted_ == 0) return;
  std::fputs(probe::repaint({}, painted_).c_str(), out_);
  std::fflush(out_);
  painted_ = 0;
}

}  // namespace meshdrill::report
