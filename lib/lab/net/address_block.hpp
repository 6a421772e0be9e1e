// The loopback addresses of one lab: 127.B.0.0/16 with B from 64 to 127, which need no root and no set-up on
// Linux. Several labs run side by side, each in a block of its own.
#pragma once

#include "base/async.hpp"
#include "base/result.hpp"

#include <boost/asio/ip/address_v4.hpp>

namespace meshdrill::lab {

// Holds its block from claim() on until destroyed.
class AddressBlock {
 public:
  static constexpr int max_clusters = 60;
  static constexpr int first_pod = 10;
  static constexpr int last_pod = 254;

  // The lowest block that no other lab holds.
  static Result<AddressBlock> claim(Executor executor);

  [[nodiscard]] asio::ip::address_v4 dns() const { return at(0, 53); }
  // Clusters count from 1.
  [[nodiscard]] asio::ip::address_v4 api(int cluster) const { return at(cluster, 1); }
  [[nodiscard]] asio::ip::address_v4 ingress(int cluster) const { return at(cluster, 2); }
  [[nodiscard]] asio::ip::address_v4 node(int cluster, int index) const { return at(cluster, 3 + index); }
  [[nodiscard]] asio::ip::address_v4 pod(int cluster, int host) const { return at(cluster, host); }

 private:
  AddressBlock(TcpAcceptor guard, unsigned block) : guard_(std::move(guard)), block_(block) {}
  [[nodiscard]] asio::ip::address_v4 at(int third, int fourth) const;

  TcpAcceptor guard_;  // bound in the block at a port that every lab agrees on
  unsigned block_;
};

}  // namespace meshdrill::lab
