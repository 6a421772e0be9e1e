// Asks a DNS server over blocking sockets and takes the answer apart, with nothing of the server's own code.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace meshdrill::lab::testing {

struct DnsReply {
  int code = -1;
  bool authoritative = false;
  bool truncated = false;
  std::vector<std::string> addresses;  // of the answer's A and AAAA records, in order
  std::vector<std::uint32_t> ttls;     // of the same
  int authorities = 0;
  std::size_t size = 0;  // bytes on the wire
};

struct DnsAsk {
  std::uint16_t type = 1;  // A
  std::uint16_t edns = 0;  // payload size to offer; 0: no EDNS
};

// A query as on the wire.
std::vector<std::uint8_t> make_query(const std::string& name, DnsAsk ask = {});
DnsReply parse_reply(const std::vector<std::uint8_t>& message);

// `server` is "ADDRESS:PORT". Throws when nothing answers within 30 s.
DnsReply query_udp(const std::string& server, const std::string& name, DnsAsk ask = {});
DnsReply query_tcp(const std::string& server, const std::string& name, DnsAsk ask = {});
std::vector<std::uint8_t> exchange_udp(const std::string& server, const std::vector<std::uint8_t>& message);

}  // namespace meshdrill::lab::testing
