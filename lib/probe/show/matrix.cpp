#include "probe/show/matrix.hpp"

#include "base/text_table.hpp"

#include <map>
#include <utility>

#include <fmt/format.h>

namespace meshdrill::probe {
namespace {

using RowKey = std::pair<std::optional<IpAddress>, ConnectionKind>;
using Counts = std::map<std::string, std::uint64_t>;  // by cluster; those that nobody known answered under ""

std::string cell(const Counts& counts, const std::string& cluster, std::uint64_t total) {
  const auto found = counts.find(cluster);
  if (found == counts.end() || found->second == 0) return "-";
  return fmt::format("{} ({:.1f} %)", found->second,
                     100 * static_cast<double>(found->second) / static_cast<double>(total));
}

}  // namespace

std::string matrix_text(const Tally& tally, const std::vector<std::string>& clusters,
                        const std::string& title) {
  std::map<RowKey, Counts> rows;
  for (const auto& [key, of_key] : tally.cells())
    rows[{key.address, key.connection}][key.cluster] += of_key.total();
  TextTable table{2};
  std::vector<std::string> head{title, "connection"};
  head.insert(head.end(), clusters.begin(), clusters.end());
  head.insert(head.end(), {"not answered", "requests"});
  table.row(std::move(head));
  for (const auto& [key, counts] : rows) {
    std::uint64_t total = 0;
    for (const auto& [cluster, count] : counts) total += count;
    std::vector<std::string> cells{key.first ? to_string(*key.first) : "(none)",
                                   std::string{to_string(key.second)}};
    for (const std::string& cluster : clusters) cells.push_back(cell(counts, cluster, total));
    cells.push_back(cell(counts, "", total));
    cells.push_back(fmt::format("{}", total));
    table.row(std::move(cells));
  }
  return table.text();
}

}  // namespace meshdrill::probe
