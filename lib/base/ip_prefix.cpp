#include "base/ip_prefix.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <charconv>

#include <fmt/format.h>

namespace meshdrill {
namespace {

// The bits below `length`, as a number: the host part.
uint128 host_mask(Family family, int length) {
  const int host_bits = width(family) - length;
  return host_bits >= 128 ? ~uint128{0} : (uint128{1} << host_bits) - 1;
}

uint128 from_bytes(const unsigned char* bytes, int count) {
  uint128 value = 0;
  for (int i = 0; i < count; ++i) value = value << 8 | bytes[i];
  return value;
}

}  // namespace

Result<IpAddress> parse_ip(std::string_view text) {
  const std::string copy{text};
  std::array<unsigned char, 16> bytes{};
  if (::inet_pton(AF_INET, copy.c_str(), bytes.data()) == 1)
    return IpAddress{Family::ipv4, from_bytes(bytes.data(), 4)};
  if (::inet_pton(AF_INET6, copy.c_str(), bytes.data()) == 1)
    return IpAddress{Family::ipv6, from_bytes(bytes.data(), 16)};
  return fail(fmt::format("\"{}\" is not an IP address", text));
}

std::string to_string(const IpAddress& address) {
  std::array<unsigned char, 16> bytes{};
  const int count = width(address.family) / 8;
  uint128 value = address.value;
  for (int i = count - 1; i >= 0; --i, value >>= 8)
    bytes.at(static_cast<std::size_t>(i)) = static_cast<unsigned char>(value & 0xff);
  std::array<char, INET6_ADDRSTRLEN> text{};
  const int family = address.family == Family::ipv4 ? AF_INET : AF_INET6;
  ::inet_ntop(family, bytes.data(), text.data(), text.size());
  return text.data();
}

uint128 IpPrefix::last() const {
  return base.value | host_mask(base.family, length);
}

bool IpPrefix::contains(const IpAddress& address) const {
  return address.family == base.family && address.value >= base.value && address.value <= last();
}

bool IpPrefix::contains(const IpPrefix& other) const {
  return other.length >= length && contains(other.base);
}

bool IpPrefix::overlaps(const IpPrefix& other) const {
  return contains(other) || other.contains(*this);
}

std::optional<IpPrefix> IpPrefix::subnet(int sub_length, uint128 index) const {
  if (sub_length < length || sub_length > width(base.family) || index >= subnet_count(sub_length))
    return std::nullopt;
  const int host_bits = width(base.family) - sub_length;
  const uint128 offset = host_bits >= 128 ? uint128{0} : index << host_bits;
  return IpPrefix{{base.family, base.value + offset}, sub_length};
}

uint128 IpPrefix::subnet_count(int sub_length) const {
  if (sub_length < length || sub_length > width(base.family)) return 0;
  return uint128{1} << std::min(sub_length - length, 127);
}

Result<IpPrefix> parse_prefix(std::string_view text) {
  const std::size_t slash = text.find('/');
  if (slash == std::string_view::npos)
    return fail(fmt::format("\"{}\" is not a prefix such as 10.1.0.0/16", text));
  const Result<IpAddress> base = parse_ip(text.substr(0, slash));
  if (!base) return tl::unexpected(base.error());
  const std::string_view digits = text.substr(slash + 1);
  int length = -1;
  const auto [end, status] = std::from_chars(digits.data(), digits.data() + digits.size(), length);
  const bool leading_zero = digits.size() > 1 && digits.starts_with('0');
  if (status != std::errc{} || end != digits.data() + digits.size() || length < 0 ||
      length > width(base->family) || leading_zero) {
    return fail(fmt::format("\"{}\": the prefix length must be 0 to {}", text, width(base->family)));
  }
  const uint128 mask = host_mask(base->family, length);
  if ((base->value & mask) != 0) {
    const IpPrefix masked{{base->family, base->value & ~mask}, length};
    return fail(fmt::format("\"{}\" has bits set below its prefix length; did you mean {}?", text,
                            to_string(masked)));
  }
  return IpPrefix{*base, length};
}

std::string to_string(const IpPrefix& prefix) {
  return fmt::format("{}/{}", to_string(prefix.base), prefix.length);
}

}  // namespace meshdrill
