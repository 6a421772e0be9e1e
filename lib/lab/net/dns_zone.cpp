#include "lab/net/dns_zone.hpp"

#include <algorithm>
#include <cctype>

#include <boost/asio/ip/address_v6.hpp>

namespace meshdrill::lab {
namespace {

constexpr std::size_t plain_udp_limit = 512;  // RFC 1035
constexpr std::size_t edns_udp_limit = 1232;  // as large as never gets fragmented
constexpr std::size_t tcp_limit = 65535;
constexpr std::uint32_t negative_ttl = 1;  // seconds, so that a name that comes back is soon seen again

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

std::string zone_of(const std::string& host) {
  const auto dot = host.find('.');
  if (dot == std::string::npos || host.find('.', dot + 1) == std::string::npos) return host;
  return host.substr(dot + 1);
}

std::vector<std::uint8_t> data_of(const boost::asio::ip::address_v4& address, std::uint16_t type) {
  if (type == dns_type_a) {
    const auto bytes = address.to_bytes();
    return {bytes.begin(), bytes.end()};
  }
  const auto bytes = boost::asio::ip::make_address_v6(boost::asio::ip::v4_mapped, address).to_bytes();
  return {bytes.begin(), bytes.end()};
}

void append32(std::vector<std::uint8_t>& bytes, std::uint32_t value) {
  for (int shift = 24; shift >= 0; shift -= 8)
    bytes.push_back(static_cast<std::uint8_t>(value >> shift & 0xff));
}

}  // namespace

DnsZone::DnsZone(const std::string& host, std::vector<Member> members, Duration ttl, bool ipv6)
    : host_(lower(host)),
      zone_(zone_of(host_)),
      members_(std::move(members)),
      ttl_(static_cast<std::uint32_t>(std::chrono::duration_cast<std::chrono::seconds>(ttl).count())),
      ipv6_(ipv6) {}

void DnsZone::leave_out(const std::string& cluster, bool out) {
  if (out) {
    left_out_.insert(cluster);
  } else {
    left_out_.erase(cluster);
  }
}

std::vector<std::uint8_t> DnsZone::answer(std::span<const std::uint8_t> message, bool over_tcp) {
  const auto query = parse_query(message);
  if (!query) return {};
  std::size_t limit = tcp_limit;
  if (!over_tcp) {
    limit = query->edns_payload
                ? std::clamp<std::size_t>(*query->edns_payload, plain_udp_limit, edns_udp_limit)
                : plain_udp_limit;
  }
  std::size_t& turn = query->type == dns_type_aaaa ? aaaa_turn_ : a_turn_;
  const std::size_t before = turn;
  std::vector<std::uint8_t> bytes = encode_answer(*query, resolve(*query, turn), limit);
  const bool truncated = (bytes[2] & 0x02) != 0;
  if (truncated) turn = before;  // the same client comes again over TCP
  return bytes;
}

DnsAnswer DnsZone::resolve(const DnsQuery& query, std::size_t& turn) {
  DnsAnswer answer;
  answer.code = query.problem;
  if (query.problem != DnsCode::no_error) return answer;
  if (query.edns_payload && query.edns_version != 0) {
    answer.code = DnsCode::bad_version;
    return answer;
  }
  if (query.qclass != 1 || !in_zone(query.name)) {
    answer.code = DnsCode::refused;
    return answer;
  }
  answer.authoritative = true;
  const bool any = query.type == dns_type_any;
  if (query.name == host_) {
    if (any || query.type == dns_type_a) answer.answers = addresses(dns_type_a, turn);
    if (ipv6_ && (any || query.type == dns_type_aaaa)) {
      std::ranges::move(addresses(dns_type_aaaa, turn), std::back_inserter(answer.answers));
    }
    if (!answer.answers.empty()) ++turn;
  } else if (query.name != zone_) {
    answer.code = DnsCode::name_error;
  }
  if (query.name == zone_ && (any || query.type == dns_type_soa)) answer.answers.push_back(soa());
  if (query.name == zone_ && (any || query.type == dns_type_ns)) answer.answers.push_back(ns());
  if (answer.answers.empty()) answer.authorities.push_back(soa());
  return answer;
}

bool DnsZone::in_zone(const std::string& name) const {
  return name == zone_ || name.ends_with("." + zone_);
}

std::vector<DnsRecord> DnsZone::addresses(std::uint16_t type, std::size_t turn) const {
  std::vector<DnsRecord> records;
  for (const Member& member : members_) {
    if (left_out_.contains(member.cluster)) continue;
    records.push_back({host_, type, ttl_, data_of(member.address, type)});
  }
  if (!records.empty()) {
    std::ranges::rotate(records, records.begin() + static_cast<std::ptrdiff_t>(turn % records.size()));
  }
  return records;
}

DnsRecord DnsZone::soa() const {
  std::vector<std::uint8_t> data = encode_name("ns." + zone_);
  const std::vector<std::uint8_t> contact = encode_name("hostmaster." + zone_);
  data.insert(data.end(), contact.begin(), contact.end());
  append32(data, 1);      // serial
  append32(data, 3600);   // refresh
  append32(data, 600);    // retry
  append32(data, 86400);  // expire
  append32(data, negative_ttl);
  return {zone_, dns_type_soa, negative_ttl, std::move(data)};
}

DnsRecord DnsZone::ns() const {
  return {zone_, dns_type_ns, ttl_, encode_name("ns." + zone_)};
}

}  // namespace meshdrill::lab
