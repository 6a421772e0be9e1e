// Reads the answers of DNS servers (RFC 1035): what c-ares leaves out of its own results is what a prober
// wants to know, the order, each TTL, the chain of aliases, who claims authority, and who it refers to.
#pragma once

#include "base/result.hpp"
#include "probe/sample.hpp"

#include <chrono>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace meshdrill::probe {

enum class RecordType : std::uint16_t { a = 1, ns = 2, cname = 5, soa = 6, aaaa = 28 };

struct DnsRecord {
  std::string owner;  // without the last dot; bytes that are no printable ASCII, and dots in labels, as \DDD
  RecordType type = RecordType::a;
  std::chrono::seconds ttl{};  // 0 when the highest bit is set (RFC 2181, section 8)
  IpAddress address;           // A, AAAA
  std::string name;            // NS, CNAME: the target
};

// Of the types and sections that we use; records of other types and classes are passed over.
struct DnsMessage {
  int code = 0;  // RCODE
  bool authoritative = false;
  bool truncated = false;
  std::vector<DnsRecord> answer;
  std::vector<DnsRecord> authority;
};

// The error says where it ended to make sense. A truncated message may end early; what came before is kept.
Result<DnsMessage> parse_dns_message(std::span<const unsigned char> bytes);

// Letters of either case are the same (RFC 4343).
bool same_name(std::string_view a, std::string_view b);

// What `message` says of the addresses of `question`, followed through its aliases: fills in result, aliases,
// records, ttl, authoritative and detail.
void read_addresses(const DnsMessage& message, std::string_view question, DnsAnswer& answer);

}  // namespace meshdrill::probe
