#include "status/live_cluster.hpp"

#include <algorithm>

namespace meshdrill::status {

std::string LiveCluster::setting(const std::string& name, std::string otherwise) const {
  const auto found = config.find(name);
  return found == config.end() || found->second.empty() ? std::move(otherwise) : found->second;
}

std::string LiveCluster::name() const {
  return setting("cluster-name", context);
}

bool LiveCluster::unreadable(const std::string& what) const {
  return std::any_of(unread.begin(), unread.end(), [&](const Unread& one) { return one.what == what; });
}

}  // namespace meshdrill::status
