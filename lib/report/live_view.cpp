#include "report/live_view.hpp"

#include "base/text.hpp"
#include "drill/fault_class.hpp"
#include "drill/sample_codec.hpp"
#include "report/phrases.hpp"

#include <fmt/format.h>

namespace meshdrill::report {
namespace {

using namespace std::chrono_literals;
using probe::Offset;

constexpr Offset window = 1s;              // what "just now" means
constexpr Offset terminal_period = 200ms;  // between refreshes on a terminal,
constexpr Offset plain_period = 2s;        // and between lines anywhere else

std::string text(const drill::Entry& entry, std::string_view key) {
  const auto* value = entry.fields.if_contains(key);
  return value != nullptr && value->is_string() ? printable(std::string{value->as_string()}) : std::string{};
}

std::int64_t number(const drill::Entry& entry, std::string_view key) {
  const auto* value = entry.fields.if_contains(key);
  return value != nullptr && value->is_int64() ? value->get_int64() : 0;
}

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
    return fmt::format("run {}: {} of {}", text(entry, "run"), to_string(history.scenario.target.service),
                       history.target());
  if (entry.event == "preflight")
    return fmt::format("preflight {} {}",
                       !entry.fields.at("ok").as_bool()   ? "REFUSED "
                       : entry.fields.contains("warning") ? "warning "
                                                          : "ok      ",
                       text(entry, "message"));
  if (entry.event == "streams")
    return fmt::format("probing {} with {}", history.url, plural(history.streams.size(), "stream"));
  if (entry.event == "phase") {
    const drill::Phase phase = history.phases.back().phase;
    return fmt::format("== {}: {}", to_string(phase), describe_phase(phase, history));
  }
  if (entry.event == "intent" || entry.event == "wrote") {
    return fmt::format("{} {} in {}: {}", entry.event == "intent" ? "writing" : "written",
                       text(entry, "action"), text(entry, "cluster"), text(entry, "message"));
  }
  if (entry.event == "observed" && !entry.fields.contains("readyEndpoints")) {
    const bool pods = entry.fields.contains("podsLeft");
    return fmt::format("{} {}/{} of {}: {} {}", text(entry, "kind"), text(entry, "namespace"),
                       text(entry, "name"), text(entry, "cluster"),
                       number(entry, pods ? "podsLeft" : "readyReplicas"),
                       pods ? "of the deleted Pods left" : "ready");
  }
  if (entry.event == "ownership") return text(entry, "message");
  if (entry.event == "observed") {
    return fmt::format("{} has {}", text(entry, "cluster"),
                       plural(static_cast<std::size_t>(number(entry, "readyEndpoints")), "ready endpoint"));
  }
  if (entry.event == "abort")
    return fmt::format("ENDING EARLY ({}): {}", text(entry, "kind"), text(entry, "message"));
  if (entry.event == "warning") return fmt::format("warning: {}", text(entry, "message"));
  if (entry.event == "restored") {
    return entry.fields.at("verified").as_bool() ? "everything is back, verified"
                                                 : fmt::format("NOT RESTORED: {}", text(entry, "message"));
  }
  return {};
}

}  // namespace

LiveView::~LiveView() {
  clear_now();
}

void LiveView::show(const drill::Entry& entry, const drill::History& history) {
  if (entry.event == "samples") return take_samples(entry, history);
  if (entry.event == "end") return clear_now();
  const std::string what = describe(entry, history);
  if (!what.empty()) line(entry.at, what);
}

void LiveView::line(Offset at, const std::string& what) {
  clear_now();
  fmt::print(out_, "{:>10}  {}\n", seconds(at), what);
  std::fflush(out_);
}

void LiveView::take_samples(const drill::Entry& entry, const drill::History& history) {
  const auto batch = drill::decode_batch(entry.fields);
  if (!batch) return;
  Moment moment{entry.at, {}, 0};
  for (const probe::Sample& sample : batch->samples) {
    if (sample.outcome == probe::Outcome::ok) {
      ++moment.answers[sample.cluster];
    } else if (probe::is_evidence(sample.outcome)) {
      ++moment.failed;
    }
  }
  recent_.push_back(std::move(moment));
  while (recent_.front().at < entry.at - window) recent_.pop_front();
  if (history.phases.empty() || entry.at - last_now_ < (terminal_ ? terminal_period : plain_period)) return;
  last_now_ = entry.at;
  if (!terminal_) return line(entry.at, now_line(history));
  clear_now();
  fmt::print(out_, "{:>10}  {}", seconds(entry.at), now_line(history));
  std::fflush(out_);
  now_shown_ = true;
}

// "  hold   lab-001 0/s   lab-002 199/s   failed 0/s"
std::string LiveView::now_line(const drill::History& history) const {
  std::map<std::string, int> answers;
  int failed = 0;
  for (const Moment& moment : recent_) {
    failed += moment.failed;
    for (const auto& [cluster, count] : moment.answers) answers[cluster] += count;
  }
  std::string line = fmt::format("   {:<9}", to_string(history.phases.back().phase));
  for (const drill::ClusterInfo& cluster : history.clusters)
    line += fmt::format("  {} {:>4}/s", cluster.name, answers[cluster.name]);
  return line + fmt::format("  failed {:>4}/s", failed);
}

void LiveView::clear_now() {
  if (!now_shown_) return;
  fmt::print(out_, "\r\033[K");
  now_shown_ = false;
}

}  // namespace meshdrill::report
