// What is asked for: a URL taken apart, and the bytes of the request, built once.
#pragma once

#include "base/ip_prefix.hpp"
#include "base/result.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace meshdrill::probe {

struct Target {
  std::string url;
  bool tls = false;
  std::string host;                  // as in the URL, without brackets
  std::optional<IpAddress> literal;  // when the host is an address
  std::uint16_t port = 80;
  std::string path;  // with the query; at least "/"
};

// Takes http:// and https:// URLs. User information and fragments are refused: neither would be sent.
Result<Target> parse_target(std::string_view url);

// A whole GET request. The Host header names the host of the URL, whatever address it is sent to.
std::string request_bytes(const Target& target, bool keep_alive);

// "192.0.2.53", "192.0.2.53:5353", "[2001:db8::53]:53", "2001:db8::53", as c-ares wants it in its server
// list.
Result<std::string> parse_dns_server(std::string_view text);

}  // namespace meshdrill::probe
