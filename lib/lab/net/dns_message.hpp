// DNS messages on the wire (RFC 1035, EDNS of RFC 6891), as far as an authoritative server of a few names
// needs them.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

namespace meshdrill::lab {

enum DnsType : std::uint16_t {
  dns_type_a = 1,
  dns_type_ns = 2,
  dns_type_soa = 6,
  dns_type_aaaa = 28,
  dns_type_opt = 41,
  dns_type_any = 255,
};

enum class DnsCode : std::uint8_t {
  no_error = 0,
  format_error = 1,
  name_error = 3,  // NXDOMAIN
  not_implemented = 4,
  refused = 5,
  bad_version = 16,
};

struct DnsQuery {
  std::uint16_t id = 0;
  std::uint8_t opcode = 0;
  bool recursion_desired = false;
  DnsCode problem = DnsCode::no_error;  // what can be said about it at once
  std::string name;                     // lower case, without the last dot
  std::uint16_t type = 0;
  std::uint16_t qclass = 0;
  std::vector<std::uint8_t> question;         // as on the wire, to be given back
  std::optional<std::uint16_t> edns_payload;  // how large an answer over UDP may be
  std::uint8_t edns_version = 0;
};

// Nothing for what must not be answered at all: not a DNS header, or a response. Anything else that cannot be
// read has `problem` set.
std::optional<DnsQuery> parse_query(std::span<const std::uint8_t> message);

struct DnsRecord {
  std::string name;
  std::uint16_t type = 0;
  std::uint32_t ttl = 0;  // seconds
  std::vector<std::uint8_t> data;
};

// A name as in record data, uncompressed.
std::vector<std::uint8_t> encode_name(std::string_view name);

struct DnsAnswer {
  DnsCode code = DnsCode::no_error;
  bool authoritative = false;
  std::vector<DnsRecord> answers;
  std::vector<DnsRecord> authorities;
};

// The answer to `query` in at most `limit` bytes; one that does not fit goes without records and with the TC
// flag, so that the client asks again over TCP.
std::vector<std::uint8_t> encode_answer(const DnsQuery& query, const DnsAnswer& answer, std::size_t limit);

}  // namespace meshdrill::lab
