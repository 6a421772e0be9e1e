#include "probe/ask/target.hpp"

#include <charconv>

#include <boost/algorithm/string/predicate.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/url.hpp>
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

std::uint16_t default_port(Scheme scheme) {
  return scheme == Scheme::https ? 443 : 80;
}

std::string host_header(const Target& target) {
  const bool bracketed = target.literal && target.literal->family == Family::ipv6;
  std::string host = bracketed ? "[" + target.host + "]" : target.host;
  if (target.port != default_port(target.scheme)) host += fmt::format(":{}", target.port);
  return host;
}

}  // namespace

Result<Target> parse_target(std::string_view url) {
  const auto refuse = [&](std::string_view why) { return fail(fmt::format("url '{}': {}", url, why)); };
  const auto parsed = boost::urls::parse_uri(url);
  if (!parsed) return refuse("not a URL; it should look like http://api.example.org:8080/");
  Target target;
  target.url = std::string{url};
  if (boost::algorithm::iequals(parsed->scheme(), "https")) {
    target.scheme = Scheme::https;
  } else if (boost::algorithm::iequals(parsed->scheme(), "tcp")) {
    target.scheme = Scheme::tcp;
  } else if (!boost::algorithm::iequals(parsed->scheme(), "http")) {
    return refuse("only http://, https:// and tcp:// can be probed");
  }
  if (parsed->has_userinfo()) return refuse("user and password in a URL are not sent");
  if (parsed->has_fragment()) return refuse("a fragment (#…) is never sent to a server");
  if (parsed->host().empty()) return refuse("no host");

  target.host = parsed->host_address();
  if (auto literal = parse_ip(target.host)) target.literal = *literal;
  target.port = default_port(target.scheme);
  const bool has_port = parsed->has_port() && !parsed->port().empty();
  if (has_port) {
    const auto port = parse_port(parsed->port());
    if (!port) return refuse(port.error().message);
    target.port = *port;
  }
  const std::string path{std::string_view{parsed->encoded_path()}};
  if (target.scheme == Scheme::tcp) {
    if (!has_port) return refuse("tcp:// needs a port: tcp://HOST:PORT");
    if (path.size() > 1 || parsed->has_query())
      return refuse("tcp:// takes a host and a port and nothing more");
    return target;
  }
  target.path = path.empty() ? "/" : path;
  if (parsed->has_query()) target.path += "?" + std::string{std::string_view{parsed->encoded_query()}};
  return target;
}

Result<Target> redirected(const Target& from, std::string_view location) {
  const auto refuse = [&](std::string_view why) {
    return fail(fmt::format("redirected to '{}': {}", location, why));
  };
  const auto reference = boost::urls::parse_uri_reference(location);
  const auto base = boost::urls::parse_uri(from.url);
  boost::urls::url resolved;
  if (!reference || !base || !boost::urls::resolve(*base, *reference, resolved)) return refuse("not a URL");
  resolved.remove_fragment();
  auto target = parse_target(std::string_view{resolved.buffer()});
  if (!target || target->scheme == Scheme::tcp) return refuse("not a URL that can be probed");
  if (!boost::algorithm::iequals(target->host, from.host)) return refuse("another host");
  if (target->scheme == Scheme::http && from.scheme == Scheme::https) return refuse("from https to http");
  if (target->scheme == from.scheme && target->port != from.port) return refuse("another port");
  return target;
}

std::string request_bytes(const Target& target, const RequestOptions& request, bool keep_alive) {
  std::string bytes = fmt::format("{} {} HTTP/1.1\r\n", request.method, target.path);
  const auto add = [&](std::string_view name, std::string_view value) {
    bytes += fmt::format("{}: {}\r\n", name, value);
  };
  const auto add_unless_given = [&](std::string_view name, std::string_view value) {
    if (find_header(request.headers, name) == nullptr) add(name, value);
  };
  add_unless_given("Host", host_header(target));
  add_unless_given("User-Agent", "meshdrill");
  add_unless_given("Accept", "*/*");
  for (const Header& header : request.headers) add(header.name, header.value);
  if (!request.body.empty() || request.method == "POST" || request.method == "PUT") {
    add("Content-Length", std::to_string(request.body.size()));
  }
  add("Connection", keep_alive ? "keep-alive" : "close");
  return bytes + "\r\n" + request.body;
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
