#include "probe/statistics/recent.hpp"

#include <algorithm>
#include <cmath>

namespace meshdrill::probe {
namespace {

constexpr std::array<std::string_view, 8> blocks{"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};

}  // namespace

void Recent::add(const Window& window) {
  const std::int64_t number = std::chrono::floor<std::chrono::seconds>(window.from).count();
  // Seconds without a request have a column all the same: a curve with holes cut out would lie.
  if (columns_.empty() || number - columns_.back().number > static_cast<std::int64_t>(seconds)) {
    columns_.clear();
    columns_.push_back({number, {}, {}});
  }
  while (columns_.back().number < number) columns_.push_back({columns_.back().number + 1, {}, {}});
  while (columns_.size() > seconds) columns_.pop_front();
  Column& column = columns_.back();
  for (const auto& [key, cell] : window.cells) {
    if (!is_evidence(key.outcome)) continue;
    const bool ok = key.outcome == Outcome::ok;
    SecondCount& address = column.addresses[key.address];
    (ok ? address.ok : address.failed) += cell.requests;
    SecondCount& cluster = column.clusters[key.cluster];
    (ok ? cluster.ok : cluster.failed) += cell.requests;
  }
}

std::vector<SecondCount> Recent::of_cluster(const std::string& cluster) const {
  std::vector<SecondCount> result;
  for (const Column& column : columns_) {
    const auto found = column.clusters.find(cluster);
    result.push_back(found == column.clusters.end() ? SecondCount{} : found->second);
  }
  return result;
}

std::vector<SecondCount> Recent::of_address(const std::optional<IpAddress>& address) const {
  std::vector<SecondCount> result;
  for (const Column& column : columns_) {
    const auto found = column.addresses.find(address);
    result.push_back(found == column.addresses.end() ? SecondCount{} : found->second);
  }
  return result;
}

Recent::Second Recent::latest() const {
  Second second;
  if (columns_.size() < 2) return second;
  const Column& column = columns_[columns_.size() - 2];
  second.number = column.number;
  for (const auto& [cluster, count] : column.clusters) {
    second.all.ok += count.ok;
    second.all.failed += count.failed;
    if (!cluster.empty()) second.clusters[cluster] = count.ok;
  }
  return second;
}

std::string sparkline(const std::vector<SecondCount>& counts, std::size_t width) {
  struct Block {
    double ok = 0;  // a second
    bool failed = false;
  };
  const std::size_t span = width == 0 ? Recent::seconds : (Recent::seconds + width - 1) / width;
  std::vector<Block> row;
  double highest = 0;
  for (std::size_t i = 0; i < counts.size() && width > 0; i += span) {
    const std::size_t end = std::min(i + span, counts.size());
    Block& block = row.emplace_back();
    for (std::size_t j = i; j < end; ++j) {
      block.ok += static_cast<double>(counts[j].ok) / static_cast<double>(end - i);
      block.failed = block.failed || counts[j].failed > 0;
    }
    highest = std::max(highest, block.ok);
  }
  std::string line;
  for (const Block& block : row) {
    if (block.failed) {
      line += '!';
    } else if (block.ok == 0) {
      line += ' ';
    } else {
      const double height = block.ok / highest * static_cast<double>(blocks.size() - 1);
      line += blocks.at(static_cast<std::size_t>(std::lround(height)));
    }
  }
  return line;
}

}  // namespace meshdrill::probe
