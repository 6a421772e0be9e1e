// The zone that a lab's DNS server is the authority for: one host name with the ingress addresses of all
// clusters, as the operator of a mesh would balance by DNS.
#pragma once

#include "base/duration.hpp"
#include "lab/net/dns_message.hpp"

#include <set>
#include <string>
#include <vector>

#include <boost/asio/ip/address_v4.hpp>

namespace meshdrill::lab {

class DnsZone {
 public:
  struct Member {
    std::string cluster;
    boost::asio::ip::address_v4 address;
  };

  // `host` without its last dot. The zone is the host's parent domain; the host itself when that would be a
  // top-level domain. With `ipv6`, AAAA records hold the IPv4-mapped form of the same addresses.
  DnsZone(const std::string& host, std::vector<Member> members, Duration ttl, bool ipv6);

  // Leaves out a cluster's address, or puts it back.
  void leave_out(const std::string& cluster, bool out);

  // What to send back; empty for what gets no answer. Each answer starts with the next address, separately
  // for A and AAAA: a client that asks for both must not see every other order only.
  std::vector<std::uint8_t> answer(std::span<const std::uint8_t> message, bool over_tcp);

 private:
  [[nodiscard]] bool in_zone(const std::string& name) const;
  DnsAnswer resolve(const DnsQuery& query, std::size_t& turn);
  [[nodiscard]] std::vector<DnsRecord> addresses(std::uint16_t type, std::size_t turn) const;
  [[nodiscard]] DnsRecord soa() const;
  [[nodiscard]] DnsRecord ns() const;

  std::string host_;
  std::string zone_;
  std::vector<Member> members_;
  std::uint32_t ttl_;
  bool ipv6_;
  std::set<std::string> left_out_;
  std::size_t a_turn_ = 0;
  std::size_t aaaa_turn_ = 0;
};

}  // namespace meshdrill::lab
