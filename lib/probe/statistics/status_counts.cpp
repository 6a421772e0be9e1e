#include "probe/statistics/status_counts.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace meshdrill::probe {
namespace {

constexpr int most_digits = 999;
constexpr std::size_t most_shown = 5;

}  // namespace

void StatusCounts::add(const Sample& sample) {
  if (sample.outcome != Outcome::http_status) return;
  // A journal may hold any number; 0 stands for those that are no status.
  const bool is_status = sample.status > 0 && sample.status <= most_digits;
  ++counts_[is_status ? sample.status : 0];
}

void StatusCounts::merge(const StatusCounts& other) {
  for (const auto& [status, count] : other.counts_) counts_[status] += count;
}

std::uint64_t StatusCounts::of(int status) const {
  const auto found = counts_.find(status);
  return found == counts_.end() ? 0 : found->second;
}

std::vector<std::pair<int, std::uint64_t>> StatusCounts::by_frequency() const {
  std::vector<std::pair<int, std::uint64_t>> sorted(counts_.begin(), counts_.end());
  std::sort(sorted.begin(), sorted.end(), [](const auto& a, const auto& b) {
    return a.second != b.second ? a.second > b.second : a.first < b.first;
  });
  return sorted;
}

std::string to_string(const StatusCounts& statuses) {
  const auto sorted = statuses.by_frequency();
  const std::size_t shown = std::min(sorted.size(), most_shown);
  std::string text;
  for (std::size_t i = 0; i < shown; ++i)
    text += fmt::format("{}{:03} ×{}", i == 0 ? "" : ", ", sorted[i].first, sorted[i].second);
  if (shown < sorted.size()) text += fmt::format(", {} more", sorted.size() - shown);
  return text;
}

std::string describe(Outcome outcome, const StatusCounts& statuses) {
  const std::string_view words = describe(outcome);
  if (outcome != Outcome::http_status || statuses.empty()) return std::string{words};
  const auto sorted = statuses.by_frequency();
  if (sorted.size() == 1) return fmt::format("{} ({:03})", words, sorted.front().first);
  return fmt::format("{} ({})", words, to_string(statuses));
}

}  // namespace meshdrill::probe
