// What the parts of the codec share. Internal to it. Whatever reads throws what Boost.JSON throws on a wrong
// type or a missing key; the functions of sample_codec.hpp turn it into an Error.
#pragma once

#include "base/ip_prefix.hpp"
#include "base/result.hpp"
#include "drill/journal/sample_codec.hpp"

#include <chrono>
#include <exception>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>
#include <fmt/format.h>

namespace meshdrill::drill::codec {

namespace json = boost::json;

inline std::string text(const json::value& value) {
  return std::string{value.as_string()};
}

inline std::chrono::microseconds us(const json::value& value) {
  return std::chrono::microseconds{value.as_int64()};
}

template <class Enum>
Enum named(const json::value& value) {
  const auto found = probe::from_string<Enum>(std::string_view{value.as_string()});
  if (!found) throw std::invalid_argument{fmt::format("unknown name \"{}\"", text(value))};
  return *found;
}

inline IpAddress address(const json::value& value) {
  const auto parsed = parse_ip(std::string_view{value.as_string()});
  if (!parsed) throw std::invalid_argument{parsed.error().message};
  return *parsed;
}

inline std::optional<IpAddress> optional_address(const json::value& value) {
  if (value.is_null()) return std::nullopt;
  return address(value);
}

inline json::value optional_text(const std::optional<IpAddress>& address) {
  return address ? json::value(to_string(*address)) : json::value(nullptr);
}

template <class Enum>
json::string name(Enum value) {
  return json::string{to_string(value)};
}

inline std::string_view family_name(Family family) {
  return family == Family::ipv4 ? "ipv4" : "ipv6";
}

inline Family family(const json::value& value) {
  return value.as_string() == "ipv6" ? Family::ipv6 : Family::ipv4;
}

// Runs a throwing decoder and reports what it threw.
template <class Decode>
auto guarded(std::string_view what, Decode decode) -> Result<decltype(decode())> {
  try {
    return decode();
  } catch (const std::exception& error) {
    return fail(fmt::format("unreadable {}: {}", what, error.what()));
  }
}

// dns_codec.cpp
probe::DnsAnswer to_answer(const json::value& value);
probe::DnsFinding to_finding(const json::value& value);

}  // namespace meshdrill::drill::codec
