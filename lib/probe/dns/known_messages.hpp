// The latest messages of a server, and what they said. An answer is the same to the byte, but for the id of
// its question, until something changes or a cache counts its TTL down: comparing costs little, and parsing
// was a fifth of the instructions of a lookup.
#pragma once

#include "base/result.hpp"
#include "probe/dns/dns_message.hpp"

#include <array>
#include <cstddef>
#include <memory>
#include <span>
#include <vector>

namespace meshdrill::probe {

class KnownMessages {
 public:
  // As parse_dns_message() reads it.
  Result<std::shared_ptr<const DnsMessage>> read(std::span<const unsigned char> bytes);

 private:
  struct Known {
    std::vector<unsigned char> bytes;
    std::shared_ptr<const DnsMessage> message;
  };

  std::array<Known, 2> known_;  // for A and for AAAA
  std::size_t oldest_ = 0;
};

}  // namespace meshdrill::probe
