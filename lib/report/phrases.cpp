#include "report/phrases.hpp"

#include "probe/show/terms.hpp"

#include <array>

#include <fmt/format.h>

namespace meshdrill::report {
namespace {

double to_seconds(std::chrono::microseconds time) {
  return static_cast<double>(time.count()) / 1e6;
}

// A watch may tell of a write's effect before the answer to the write arrives.
std::string since_write(probe::Offset time, probe::Offset acknowledged) {
  return time < acknowledged ? "at once" : after(time, acknowledged);
}

}  // namespace

std::string seconds(probe::Offset time) {
  return fmt::format("{:.3f} s", to_seconds(time));
}

std::string after(probe::Offset time, probe::Offset since) {
  return fmt::format("{:+.3f} s", to_seconds(time - since));
}

std::string interval(const probe::Bounds& bounds) {
  if (!bounds.upper) return fmt::format("at least {}", seconds(bounds.lower));
  return fmt::format("{:.3f} to {}", to_seconds(bounds.lower), seconds(*bounds.upper));
}

std::string reasons(const probe::Outage& outage) {
  std::vector<std::string> parts;
  for (std::size_t i = 0; i < probe::outcome_count; ++i) {
    if (outage.reasons.at(i) == 0) continue;
    parts.push_back(fmt::format("{} × {}", outage.reasons.at(i),
                                probe::describe(static_cast<probe::Outcome>(i), outage.statuses)));
  }
  if (outage.slow > 0) parts.push_back(fmt::format("{} slow", outage.slow));
  if (outage.good > 0) parts.push_back(fmt::format("{} good in between", outage.good));
  return fmt::format("{}", fmt::join(parts, ", "));
}

// When it began, counted from the change that it follows.
std::string since_change(const drill::History& history, const probe::Outage& outage) {
  if (history.restore_written && outage.first_bad >= *history.restore_written) {
    return after(outage.first_bad, *history.restore_written) + " from the restore";
  }
  if (history.faulted) return after(outage.first_bad, *history.faulted) + " from the fault";
  return "at " + seconds(outage.first_bad);
}

std::string with_share(std::uint64_t part, std::uint64_t whole) {
  if (part == 0) return "-";
  return fmt::format("{} ({})", part, probe::show_percent(probe::share_of(part, whole)));
}

std::string latency(const probe::Histogram& histogram, double part) {
  return histogram.count() == 0 ? "-" : probe::show_latency(histogram.quantile(part));
}

std::string headline(drill::VerdictKind kind) {
  switch (kind) {
    case drill::VerdictKind::pass:
      return "PASS";
    case drill::VerdictKind::fail:
      return "FAIL";
    case drill::VerdictKind::inconclusive:
      return "INCONCLUSIVE";
    case drill::VerdictKind::refused:
      return "REFUSED";
    case drill::VerdictKind::aborted:
      return "ABORTED";
    case drill::VerdictKind::interrupted:
      return "INTERRUPTED";
    case drill::VerdictKind::restore_failed:
      return "NOT RESTORED";
    case drill::VerdictKind::unfinished:
      break;
  }
  return "UNFINISHED";
}

std::vector<Proof> proofs(const drill::History& history) {
  std::vector<Proof> rows;
  if (!history.faulted) return rows;
  const auto add = [&](std::string what, const std::optional<probe::Offset>& at, probe::Offset since,
                       std::string (*told)(probe::Offset, probe::Offset)) {
    rows.push_back({std::move(what), at ? told(*at, since) : "not seen"});
  };
  const std::string& target = history.target();
  const bool answers = history.takes_answers_away();
  rows.push_back({"fault acknowledged", seconds(*history.faulted)});
  add("its effect shown by the API", history.target_drained, *history.faulted, since_write);
  if (answers)
    add(fmt::format("last answer from {}", target), history.last_target_answer, *history.faulted, after);
  if (!history.restore_written) return rows;
  const probe::Offset restored = *history.restore_written;
  rows.push_back({"restore acknowledged", seconds(restored)});
  add("its end shown by the API", history.target_ready_again, restored, since_write);
  if (answers)
    add(fmt::format("first answer from {} again", target), history.target_seen_again, restored, after);
  return rows;
}

std::vector<std::string> put_back(const drill::History& history) {
  std::vector<std::string> lines;
  if (!history.changed) return lines;
  for (const drill::Change& change : history.changes)
    lines.push_back(fmt::format("{}: {}", history.target(), describe_restore(change)));
  return lines;
}

bool is_all_back(const drill::History& history) {
  return !history.changed || (history.restored && history.restored->verified);
}

std::vector<std::string> not_proved(const drill::History& history, const drill::Verdict& verdict) {
  const bool any = history.faulted || verdict.kind == drill::VerdictKind::pass;
  return any ? verdict.not_proved : std::vector<std::string>{};
}

std::vector<Period> periods(const drill::History& history) {
  std::vector<Period> all;
  const auto add = [&](std::string_view title, drill::Phase wanted, drill::Phase instead) {
    const drill::PhaseRecord* phase = history.phase(wanted);
    if (phase == nullptr) phase = history.phase(instead);
    if (phase != nullptr) all.push_back({fmt::format("{} ({})", title, to_string(phase->phase)), phase});
  };
  add("before", drill::Phase::baseline, drill::Phase::baseline);
  add("during", drill::Phase::hold, drill::Phase::fail);
  add("after", drill::Phase::recovered, drill::Phase::restore);
  return all;
}

}  // namespace meshdrill::report
