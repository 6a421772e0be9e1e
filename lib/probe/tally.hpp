// Counts samples by who was asked and who answered: ingress address × cluster, for each kind of stream and
// connection. Tallies of several runs or vantage points add up.
#pragma once

#include "probe/histogram.hpp"
#include "probe/sample.hpp"

#include <array>
#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>

namespace meshdrill::probe {

struct CellKey {
  StreamKind kind = StreamKind::pinned;
  ConnectionKind connection = ConnectionKind::fresh;
  std::optional<IpAddress>
      address;          // that was asked; none when the request never had one (DNS failed, not sent)
  std::string cluster;  // that answered; empty when none did

  auto operator<=>(const CellKey&) const = default;
};

struct Cell {
  std::array<std::uint64_t, outcome_count> outcomes{};
  std::uint64_t connections = 0;  // connections whose first request was answered by this cluster: the unit of
                                  // balance, since all requests on one connection are one draw
  Histogram latency;              // of requests that ended ok, from the planned start

  [[nodiscard]] std::uint64_t total() const;
  [[nodiscard]] std::uint64_t ok() const { return outcomes[static_cast<std::size_t>(Outcome::ok)]; }
  void merge(const Cell& other);

  bool operator==(const Cell&) const = default;
};

class Tally {
 public:
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
  std::map<CellKey, Cell> cells_;
};

}  // namespace meshdrill::probe
