#include "report/phrases.hpp"

#include <array>

#include <fmt/format.h>

namespace meshdrill::report {
namespace {

double to_seconds(std::chrono::microseconds time) {
  return static_cast<double>(time.count()) / 1e6;
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

const std::vector<Period>& periods() {
  static const std::vector<Period> all{
      {"before", drill::Phase::baseline}, {"during", drill::Phase::hold}, {"after", drill::Phase::recovered}};
  return all;
}

}  // namespace meshdrill::report
