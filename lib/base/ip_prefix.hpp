// IP addresses and prefixes of both families with the arithmetic that addressing needs.
#pragma once

#include "base/result.hpp"

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace meshdrill {

enum class Family { ipv4, ipv6 };

__extension__ using uint128 = unsigned __int128;

// An address as a number: 32 bits for IPv4, 128 for IPv6. Ordered by family, then by value.
struct IpAddress {
  Family family = Family::ipv4;
  uint128 value = 0;

  auto operator<=>(const IpAddress&) const = default;
};

Result<IpAddress> parse_ip(std::string_view text);
std::string to_string(const IpAddress& address);

// A prefix in CIDR notation. Invariant: 0 <= length <= width(family), and no bit below the length is set.
struct IpPrefix {
  IpAddress base;
  int length = 0;

  auto operator<=>(const IpPrefix&) const = default;

  [[nodiscard]] Family family() const { return base.family; }
  [[nodiscard]] uint128 last() const;  // value of its highest address
  [[nodiscard]] bool contains(const IpAddress& address) const;
  [[nodiscard]] bool contains(const IpPrefix& other) const;
  [[nodiscard]] bool overlaps(const IpPrefix& other) const;
  // The index-th prefix of `length` inside this one, or nothing when there is no such one.
  [[nodiscard]] std::optional<IpPrefix> subnet(int length, uint128 index) const;
  // How many prefixes of `length` fit into this one; 0 when `length` is shorter than its own. Saturates at
  // 2^127.
  [[nodiscard]] uint128 subnet_count(int length) const;
};

constexpr int width(Family family) {
  return family == Family::ipv4 ? 32 : 128;
}

// Reads "10.0.0.0/8" or "fd00::/104". Host bits that are set are refused: the Go parser that Cilium uses
// masks them silently, so the file would say one thing and the cluster do another.
Result<IpPrefix> parse_prefix(std::string_view text);
std::string to_string(const IpPrefix& prefix);

}  // namespace meshdrill
