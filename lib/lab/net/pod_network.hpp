// Where the Pods of all clusters listen. A Pod is known by its own address and the port that its container
// names; where that port may not be bound (below 1024, without privileges), it listens on another one, and
// the data plane translates, as it does for real Pods.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>

namespace meshdrill::lab {

class PodNetwork {
 public:
  void open(const std::string& address, std::uint16_t container_port, std::uint16_t listening_port) {
    ports_[{address, container_port}] = listening_port;
  }
  void close(const std::string& address, std::uint16_t container_port) {
    ports_.erase({address, container_port});
  }
  // The port to dial; that of the container where nobody listens, so that the connection is refused.
  [[nodiscard]] std::uint16_t port_of(const std::string& address, std::uint16_t container_port) const {
    const auto found = ports_.find({address, container_port});
    return found == ports_.end() ? container_port : found->second;
  }

 private:
  std::map<std::pair<std::string, std::uint16_t>, std::uint16_t> ports_;
};

}  // namespace meshdrill::lab
