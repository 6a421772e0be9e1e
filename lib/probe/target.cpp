#include "probe/target.hpp"

#include <charconv>

#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>
#include <fmt/format.h>

namespace meshdrill::probe {
namespace {

Result<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc{} || end != text.data() + text.size() || port == 0) {
    return fail(fmt::format("port '{}' is not a number from 1 to 65535", text));
  }
  return port;
}

}  // namespace

Result<Target> parse_target(std::string_view url) {
  const auto refuse = [&](std::string_view why) { return fail(fmt::format("url '{}': {}", url, why)); };
  const auto parsed = boost::urls::parse_uri(url);
  if (!parsed) return refuse("not a URL; it should look like http://api.example.org:8080/");
  if (parsed->scheme() != "http" && parsed->scheme() != "https")
    return refuse("only http:// and https:// can be probed");
  if (parsed->has_userinfo()) return refuse("user and password in a URL are not sent");
  if (parsed->has_fragment()) return refuse("a fragment (#…) is never sent to a server");
  if (parsed->host().empty()) return refuse("no host");

  Target target;
  target.url = std::string{url};
  target.tls = parsed->scheme() == "https";
  target.host = parsed->host_address();
  if (auto literal = parse_ip(target.host)) target.literal = *literal;
  target.port = target.tls ? 443 : 80;
  if (parsed->has_port() && !parsed->port().empty()) {
    const auto port = parse_port(parsed->port());
    if (!port) return refuse(port.error().message);
    target.port = *port;
  }
  target.path = parsed->encoded_path().empty() ? "/" : std::string{std::string_view{parsed->encoded_path()}};
  if (parsed->has_query()) target.path += "?" + std::string{std::string_view{parsed->encoded_query()}};
  return target;
}

std::string request_bytes(const Target& target, bool keep_alive) {
  const bool bracketed = target.literal && target.literal->family == Family::ipv6;
  std::string host = bracketed ? "[" + target.host + "]" : target.host;
  if (target.port != (target.tls ? 443 : 80)) host += fmt::format(":{}", target.port);
  return fmt::format(
      "GET {} HTTP/1.1\r\nHost: {}\r\nUser-Agent: meshdrill\r\nAccept: */*\r\nConnection: {}\r\n\r\n",
      target.path, host, keep_alive ? "keep-alive" : "close");
}

Result<std::string> parse_dns_server(std::string_view text) {
  const auto refuse = [&] {
    return fail(fmt::format("dns server '{}': not ADDRESS, ADDRESS:PORT or [ADDRESS]:PORT", text));
  };
  std::string_view address = text;
  std::string_view port = "53";
  if (text.starts_with('[')) {
    const auto close = text.find(']');
    if (close == std::string_view::npos) return refuse();
    address = text.substr(1, close - 1);
    const auto rest = text.substr(close + 1);
    if (!rest.empty() && !rest.starts_with(':')) return refuse();
    if (!rest.empty()) port = rest.substr(1);
  } else if (const auto colon = text.find(':'); colon != std::string_view::npos && colon == text.rfind(':')) {
    address = text.substr(0, colon);
    port = text.substr(colon + 1);
  }
  const auto ip = parse_ip(address);
  const auto number = parse_port(port);
  if (!ip || !number) return refuse();
  return ip->family == Family::ipv6 ? fmt::format("[{}]:{}", to_string(*ip), *number)
                                    : fmt::format("{}:{}", to_string(*ip), *number);
}

}  // namespace meshdrill::probe
