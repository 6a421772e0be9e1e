#include "probe/statistics/tally.hpp"

#include <numeric>

namespace meshdrill::probe {
namespace {

constexpr std::array<std::string_view, phase_count> phase_names{"dns", "connect", "tls", "first_byte",
                                                                "total"};

}  // namespace

std::string_view to_string(PhaseName phase) {
  return phase_names.at(static_cast<std::size_t>(phase));
}
template <>
std::optional<PhaseName> from_string(std::string_view text) {
  return find_name<PhaseName>(phase_names, text);
}

void PhaseTimes::add(const Sample& sample) {
  const auto at = [this](PhaseName phase) -> Histogram& {
    return histograms_[static_cast<std::size_t>(phase)];
  };
  const Phases& phases = sample.phases;
  if (phases.dns > Offset::zero()) at(PhaseName::dns).add(phases.dns);
  if (phases.connect > Offset::zero()) at(PhaseName::connect).add(phases.connect);
  if (phases.tls > Offset::zero()) at(PhaseName::tls).add(phases.tls);
  if (phases.first_byte > Offset::zero()) at(PhaseName::first_byte).add(phases.first_byte);
  at(PhaseName::total).add(sample.latency());
}

void PhaseTimes::merge(const PhaseTimes& other) {
  for (std::size_t i = 0; i < phase_count; ++i) histograms_[i].merge(other.histograms_[i]);
}

std::uint64_t Cell::evidence() const {
  std::uint64_t count = 0;
  for (std::size_t i = 0; i < outcome_count; ++i) {
    if (is_evidence(static_cast<Outcome>(i))) count += outcomes[i];
  }
  return count;
}

std::uint64_t Cell::total() const {
  return std::accumulate(outcomes.begin(), outcomes.end(), std::uint64_t{0});
}

void Cell::merge(const Cell& other) {
  for (std::size_t i = 0; i < outcome_count; ++i) outcomes[i] += other.outcomes[i];
  statuses.merge(other.statuses);
  connections += other.connections;
  times.merge(other.times);
}

Cell& Tally::cell_of(const Stream& stream, const Sample& sample) {
  CellKey key{stream.kind, stream.connection, sample.address, sample.cluster, stream.vantage};
  if (!key.cluster.empty() && !names_.contains(key.cluster)) {
    if (names_.size() < most_clusters) {
      names_.insert(key.cluster);
    } else {
      key.cluster = other_names;
    }
  }
  return cells_[std::move(key)];
}

void Tally::add(const Stream& stream, const Sample& sample) {
  Cell& cell = cell_of(stream, sample);
  ++cell.outcomes[static_cast<std::size_t>(sample.outcome)];
  cell.statuses.add(sample);
  if (sample.outcome != Outcome::ok) return;
  if (sample.request_on_connection == 1) ++cell.connections;
  cell.times.add(sample);
}

void Tally::merge(const Tally& other) {
  for (const auto& [key, cell] : other.cells_) {
    cells_[key].merge(cell);
    if (!key.cluster.empty()) names_.insert(key.cluster);
  }
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
