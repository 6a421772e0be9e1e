#include "probe/tally.hpp"

#include <numeric>

namespace meshdrill::probe {

std::uint64_t Cell::total() const {
  return std::accumulate(outcomes.begin(), outcomes.end(), std::uint64_t{0});
}

void Cell::merge(const Cell& other) {
  for (std::size_t i = 0; i < outcome_count; ++i) outcomes[i] += other.outcomes[i];
  connections += other.connections;
  latency.merge(other.latency);
}

void Tally::add(const Stream& stream, const Sample& sample) {
  Cell& cell = cells_[CellKey{stream.kind, stream.connection, sample.address, sample.cluster}];
  ++cell.outcomes[static_cast<std::size_t>(sample.outcome)];
  if (sample.outcome != Outcome::ok) return;
  if (sample.request_on_connection == 1) ++cell.connections;
  cell.latency.add(sample.latency());
}

void Tally::merge(const Tally& other) {
  for (const auto& [key, cell] : other.cells_) cells_[key].merge(cell);
}

Cell Tally::sum() const {
  return sum([](const CellKey&) { return true; });
}

std::set<IpAddress> Tally::addresses() const {
  std::set<IpAddress> result;
  for (const auto& [key, cell] : cells_) {
    if (key.address) result.insert(*key.address);
  }
  return result;
}

std::set<std::string> Tally::clusters() const {
  std::set<std::string> result;
  for (const auto& [key, cell] : cells_) {
    if (!key.cluster.empty()) result.insert(key.cluster);
  }
  return result;
}

std::map<std::string, std::uint64_t> Tally::connections(std::optional<StreamKind> kind) const {
  std::map<std::string, std::uint64_t> result;
  for (const auto& [key, cell] : cells_) {
    if (!key.cluster.empty() && (!kind || key.kind == *kind)) result[key.cluster] += cell.connections;
  }
  return result;
}

}  // namespace meshdrill::probe
