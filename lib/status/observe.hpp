#pragma once

#include "status/reader.hpp"

#include <cstddef>
#include <string>

namespace meshdrill::status {

// Asks cluster.observers[index] for its view of the peers: by a command in its Pod, and where that cannot be
// had, by the metrics of the Pod through the API server's proxy, which only say whether a peer is ready.
Task<> observe(Reader& reader, std::string kube_namespace, std::size_t index, LiveCluster& cluster);

}  // namespace meshdrill::status
