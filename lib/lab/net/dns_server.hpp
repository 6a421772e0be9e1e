// Answers for a DnsZone over UDP and TCP.
#pragma once

#include "base/async.hpp"
#include "base/result.hpp"
#include "lab/net/dns_zone.hpp"

#include <memory>

namespace meshdrill::lab {

class DnsServer {
 public:
  // The same port for both protocols; 0: one that is free for both.
  static Result<std::unique_ptr<DnsServer>> listen(Executor executor, asio::ip::address_v4 address,
                                                   std::uint16_t port, DnsZone zone);
  ~DnsServer();

  [[nodiscard]] std::uint16_t port() const;
  [[nodiscard]] DnsZone& zone();
  // Closes everything. The context must run once more before this object may go.
  void close();

 private:
  struct State;
  explicit DnsServer(std::shared_ptr<State> state);
  std::shared_ptr<State> state_;
};

}  // namespace meshdrill::lab
