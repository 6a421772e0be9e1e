#include "report/timeline.hpp"

#include "drill/journal/sample_codec.hpp"
#include "report/entry_text.hpp"

#include <algorithm>
#include <array>
#include <numeric>

#include <boost/json/array.hpp>
#include <fmt/format.h>

namespace meshdrill::report {
namespace {

// "192.0.2.1, 192.0.2.2" in the order of addresses, since servers turn them.
std::string addresses_of(const probe::DnsAnswer& answer) {
  if (answer.result != probe::DnsResult::ok) return std::string{to_string(answer.result)};
  std::vector<std::string> addresses;
  for (const probe::AddressRecord& record : answer.records) addresses.push_back(to_string(record.address));
  std::sort(addresses.begin(), addresses.end());
  return fmt::format("{}", fmt::join(addresses, ", "));
}

bool is_common(TimelineEvent::Kind kind) {
  return kind == TimelineEvent::Kind::endpoints || kind == TimelineEvent::Kind::dns ||
         kind == TimelineEvent::Kind::warning;
}

}  // namespace

void TimelineWindow::merge(const TimelineWindow& other) {
  for (const auto& [cluster, count] : other.answers) answers[cluster] += count;
  for (const auto& [outcome, count] : other.failures) failures[outcome] += count;
  unsent += other.unsent;
  latency.merge(other.latency);
}

std::uint64_t TimelineWindow::answered() const {
  return std::accumulate(answers.begin(), answers.end(), std::uint64_t{0},
                         [](std::uint64_t sum, const auto& one) { return sum + one.second; });
}

std::uint64_t TimelineWindow::failed() const {
  return std::accumulate(failures.begin(), failures.end(), std::uint64_t{0},
                         [](std::uint64_t sum, const auto& one) { return sum + one.second; });
}

void TimelineBuilder::add(const drill::Entry& entry) {
  using Kind = TimelineEvent::Kind;
  timeline_.end = std::max(timeline_.end, entry.at);
  if (entry.event == "intent" || entry.event == "wrote") {
    note({entry.at, Kind::write,
          fmt::format("{}: {}", entry.event == "intent" ? "about to write" : "acknowledged",
                      describe_write(entry))});
  } else if (entry.event == "observed") {
    note({entry.at, Kind::endpoints, describe_observation(entry)});
  } else if (entry.event == "abort") {
    note({entry.at, Kind::abort,
          fmt::format("ended early ({}): {}", text_of(entry, "kind"), text_of(entry, "message"))});
  } else if (entry.event == "warning") {
    note({entry.at, Kind::warning, text_of(entry, "message")});
  } else if (entry.event == "restored") {
    const auto* verified = entry.fields.if_contains("verified");
    const bool back = verified != nullptr && verified->is_bool() && verified->get_bool();
    note({entry.at, Kind::restored,
          back ? "everything is back, verified" : "not restored: " + text_of(entry, "message")});
  } else if (entry.event == "streams") {
    const auto* answers = entry.fields.if_contains("answers");
    if (answers == nullptr || !answers->is_array()) return;
    for (const boost::json::value& value : answers->get_array()) {
      if (const auto answer = drill::decode_answer(value)) add(*answer);
    }
  }
}

void TimelineBuilder::add(const probe::Batch& batch) {
  for (const probe::Sample& sample : batch.samples) add(sample);
  for (const probe::DnsAnswer& answer : batch.answers) add(answer);
}

void TimelineBuilder::add(const probe::Sample& sample) {
  const probe::Offset planned = std::max(sample.planned, probe::Offset::zero());
  while (planned >= timeline_.begin_of(Timeline::most_windows)) double_length();
  const auto index = static_cast<std::size_t>(planned / timeline_.length);
  if (index >= timeline_.windows.size()) timeline_.windows.resize(index + 1);
  TimelineWindow& window = timeline_.windows[index];
  if (!probe::is_evidence(sample.outcome)) {
    ++window.unsent;
  } else if (sample.outcome == probe::Outcome::ok) {
    ++window.answers[sample.cluster];
    window.latency.add(sample.latency());
  } else {
    ++window.failures[sample.outcome];
  }
}

void TimelineBuilder::double_length() {
  std::vector<TimelineWindow>& windows = timeline_.windows;
  for (std::size_t i = 0; 2 * i < windows.size(); ++i) {
    if (i > 0) windows[i] = std::move(windows[2 * i]);
    if (2 * i + 1 < windows.size()) windows[i].merge(windows[2 * i + 1]);
  }
  windows.resize((windows.size() + 1) / 2);
  timeline_.length *= 2;
}

// Only what differs from the server's answer before: a run asks thousands of times.
void TimelineBuilder::add(const probe::DnsAnswer& answer) {
  const std::string_view type = answer.family == Family::ipv4 ? "A" : "AAAA";
  const std::string question = fmt::format("{} {} at {}", type, answer.name, answer.server);
  const std::string said = addresses_of(answer);
  const auto [last, is_new] = last_answers_.try_emplace(question, said);
  if (!is_new && last->second == said) return;
  last->second = said;
  note({answer.asked + answer.took, TimelineEvent::Kind::dns, fmt::format("{}: {}", question, said)});
}

void TimelineBuilder::note(TimelineEvent event) {
  std::vector<TimelineEvent>& events = timeline_.events;
  if (is_common(event.kind) && events.size() >= Timeline::most_events) {
    ++timeline_.events_left_out;
    return;
  }
  const auto place =
      std::upper_bound(events.begin(), events.end(), event.at,
                       [](probe::Offset at, const TimelineEvent& other) { return at < other.at; });
  events.insert(place, std::move(event));
}

std::string_view to_string(TimelineEvent::Kind kind) {
  constexpr std::array<std::string_view, 6> names{"write", "endpoints", "dns",
                                                  "abort", "restored",  "warning"};
  return names.at(static_cast<std::size_t>(kind));
}

}  // namespace meshdrill::report
