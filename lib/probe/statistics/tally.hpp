// Counts samples by who was asked and who answered: ingress address × cluster, for each kind of stream and
// connection and each vantage. Tallies of several runs or places add up.
#pragma once

#include "probe/sample.hpp"
#include "probe/statistics/histogram.hpp"
#include "probe/statistics/status_counts.hpp"

#include <array>
#include <compare>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>

namespace meshdrill::probe {

// Where the time of a request goes; `total` is its latency, from the planned start.
enum class PhaseName { dns, connect, tls, first_byte, total };
inline constexpr std::size_t phase_count = static_cast<std::size_t>(PhaseName::total) + 1;

std::string_view to_string(PhaseName phase);
template <>
std::optional<PhaseName> from_string(std::string_view text);

// A histogram for each phase; only requests that ended ok, and only those phases that they went through.
class PhaseTimes {
 public:
  void add(const Sample& sample);
  void merge(const PhaseTimes& other);
  [[nodiscard]] const Histogram& of(PhaseName phase) const {
    return histograms_[static_cast<std::size_t>(phase)];
  }

  bool operator==(const PhaseTimes&) const = default;

 private:
  std::array<Histogram, phase_count> histograms_;
};

struct CellKey {
  StreamKind kind = StreamKind::pinned;
  ConnectionKind connection = ConnectionKind::fresh;
  std::optional<IpAddress>
      address;            // that was asked; none when the request never had one (DNS failed, not sent)
  std::string cluster;    // that answered; empty when none did
  std::string vantage{};  // Stream::vantage

  auto operator<=>(const CellKey&) const = default;
};

struct Cell {
  std::array<std::uint64_t, outcome_count> outcomes{};
  StatusCounts statuses;          // of those that ended in http_status
  std::uint64_t connections = 0;  // connections whose first request was answered by this cluster: the unit of
                                  // balance, since all requests on one connection are one draw
  PhaseTimes times;

  [[nodiscard]] std::uint64_t total() const;
  [[nodiscard]] std::uint64_t ok() const { return outcomes[static_cast<std::size_t>(Outcome::ok)]; }
  [[nodiscard]] const Histogram& latency() const { return times.of(PhaseName::total); }
  // Of requests that say something about the system.
  [[nodiscard]] std::uint64_t evidence() const;
  [[nodiscard]] std::uint64_t failed() const { return evidence() - ok(); }
  void merge(const Cell& other);

  bool operator==(const Cell&) const = default;
};

class Tally {
 public:
  // Where a target invents new names for ever, those beyond this many count under other_names.
  static constexpr std::size_t most_clusters = 1024;
  static constexpr std::string_view other_names = "(other names)";

  void add(const Stream& stream, const Sample& sample);
  void merge(const Tally& other);

  [[nodiscard]] const std::map<CellKey, Cell>& cells() const { return cells_; }

  // All cells that `wanted(key)` accepts, as one.
  template <class Predicate>
  [[nodiscard]] Cell sum(Predicate wanted) const {
    Cell result;
    for (const auto& [key, cell] : cells_) {
      if (wanted(key)) result.merge(cell);
    }
    return result;
  }
  [[nodiscard]] Cell sum() const;

  [[nodiscard]] std::set<IpAddress> addresses() const;
  [[nodiscard]] std::set<std::string> clusters() const;  // that answered at least once
  // How many connections each cluster answered, over the cells of that kind (any kind: nullopt).
  [[nodiscard]] std::map<std::string, std::uint64_t> connections(std::optional<StreamKind> kind) const;

  bool operator==(const Tally&) const = default;

 private:
  Cell& cell_of(const Stream& stream, const Sample& sample);

  std::map<CellKey, Cell> cells_;
  std::set<std::string, std::less<>> names_;
};

}  // namespace meshdrill::probe
