// What is asked for: a URL taken apart, and the bytes of the request, built once.
#pragma once

#include "base/ip_prefix.hpp"
#include "base/result.hpp"
#include "probe/ask/request.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace meshdrill::probe {

enum class Scheme { http, https, tcp };

struct Target {
  std::string url;
  Scheme scheme = Scheme::http;
  std::string host;                  // as in the URL, without brackets
  std::optional<IpAddress> literal;  // when the host is an address
  std::uint16_t port = 80;
  std::string path;  // with the query; at least "/"; tcp: empty
};

// Takes http:// and https:// URLs, and tcp://HOST:PORT. User information and fragments are refused: neither
// would be sent.
Result<Target> parse_target(std::string_view url);

// Where a redirect by `from` to `location` leads. Fails, with the reason, when it is not to be followed: to
// another host, since the request is pinned to an address of this one; to another port; from https to http,
// since what the headers hold must not be sent in the clear.
Result<Target> redirected(const Target& from, std::string_view location);

// A whole request. The Host header names the host of the URL, whatever address it is sent to.
std::string request_bytes(const Target& target, const RequestOptions& request, bool keep_alive);

// "192.0.2.53", "192.0.2.53:5353", "[2001:db8::53]:53", "2001:db8::53", as c-ares wants it in its server
// list.
Result<std::string> parse_dns_server(std::string_view text);

}  // namespace meshdrill::probe
