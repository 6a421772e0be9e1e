// Who lists whom, so that no rule has to look through the peers of all clusters for each cluster.
#pragma once

#include "mesh/values/cluster_values.hpp"

#include <span>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace meshdrill::mesh::values {

class PeerIndex {
 public:
  struct Entry {
    const ClusterValues* cluster = nullptr;  // in whose list it stands
    const Peer* peer = nullptr;
  };

  PeerIndex() = default;
  // `clusters` must outlive the index, unchanged.
  explicit PeerIndex(const std::vector<ClusterValues>& clusters) {
    for (const ClusterValues& cluster : clusters) {
      for (const Peer& peer : cluster.peers.peers) by_name_[peer.name].push_back({&cluster, &peer});
    }
  }

  // The entries with this name, in the order of the clusters.
  [[nodiscard]] std::span<const Entry> of(std::string_view name) const {
    const auto found = by_name_.find(name);
    if (found == by_name_.end()) return {};
    return found->second;
  }

 private:
  std::unordered_map<std::string_view, std::vector<Entry>> by_name_;
};

}  // namespace meshdrill::mesh::values
