#include "kube/proxy.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>
#include <cstdlib>

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ip/network_v4.hpp>
#include <boost/asio/ip/network_v6.hpp>
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>
#include <fmt/format.h>

namespace meshdrill::kube {

namespace {

namespace ip = boost::asio::ip;

std::string variable(const char* small, const char* capitals) {
  for (const char* name : {capitals, small}) {
    const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): nothing of ours ever sets one
    if (value != nullptr && *value != '\0') return value;
  }
  return {};
}

std::string lower(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

bool is_loopback(const std::string& host) {
  boost::system::error_code no_address;
  const auto address = ip::make_address(host, no_address);
  return no_address ? lower(host) == "localhost" : address.is_loopback();
}

bool network_holds(const std::string& network, const std::string& host) {
  boost::system::error_code error;
  const auto address = ip::make_address(host, error);
  if (error) return false;
  if (address.is_v4()) {
    const auto v4 = ip::make_network_v4(network, error);
    if (error) return false;
    return ip::make_network_v4(address.to_v4(), v4.prefix_length()).canonical() == v4.canonical();
  }
  const auto v6 = ip::make_network_v6(network, error);
  if (error) return false;
  return ip::make_network_v6(address.to_v6(), v6.prefix_length()).canonical() == v6.canonical();
}

// One element of NO_PROXY: "*", an address, a network, "example.org" (with all below it), ".example.org"
// (only what is below it), each with ":port" or without.
bool excuses(std::string element, const std::string& host, std::uint16_t port) {
  if (element == "*") return true;
  if (element.find('/') != std::string::npos) return network_holds(element, host);
  if (element == host) return true;
  const std::string with_port = fmt::format(":{}", port);
  const auto colon = element.rfind(':');
  const bool names_port = colon != std::string::npos && element.find(':') == colon;
  if (names_port) {
    if (!element.ends_with(with_port)) return false;
    element.resize(colon);
  }
  if (element.starts_with("*.")) element.erase(0, 1);
  if (element.empty()) return false;
  if (element.front() == '.') return host.ends_with(element);
  return host == element || host.ends_with('.' + element);
}

bool is_excused(const std::string& no_proxy, const std::string& host, std::uint16_t port) {
  std::size_t start = 0;
  while (start <= no_proxy.size()) {
    const auto end = std::min(no_proxy.find(',', start), no_proxy.size());
    std::string element = lower(no_proxy.substr(start, end - start));
    std::erase_if(element, [](unsigned char c) { return std::isspace(c) != 0; });
    if (!element.empty() && excuses(std::move(element), lower(host), port)) return true;
    start = end + 1;
  }
  return false;
}

}  // namespace

ProxyEnvironment proxy_environment() {
  return ProxyEnvironment{.https_proxy = variable("https_proxy", "HTTPS_PROXY"),
                          .http_proxy = variable("http_proxy", "HTTP_PROXY"),
                          .no_proxy = variable("no_proxy", "NO_PROXY")};
}

Result<Proxy> parse_proxy_url(std::string_view text) {
  const auto parsed = boost::urls::parse_uri(text);
  if (!parsed) return fail("is not a URL such as http://proxy.example.org:3128");
  const boost::urls::url_view& url = *parsed;
  Proxy proxy;
  if (url.scheme() == "http") {
    proxy.kind = Proxy::Kind::http;
    proxy.port = 80;
  } else if (url.scheme() == "https") {
    proxy.kind = Proxy::Kind::https;
    proxy.port = 443;
  } else if (url.scheme() == "socks5" || url.scheme() == "socks5h") {
    proxy.kind = Proxy::Kind::socks5;
    proxy.port = 1080;
  } else {
    return fail("has a scheme other than http, https and socks5");
  }
  proxy.host = url.host_address();
  if (proxy.host.empty()) return fail("names no host");
  if (url.has_port() && !url.port().empty()) {
    const std::string port(url.port());
    const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), proxy.port);
    if (error != std::errc{} || proxy.port == 0) return fail("has no port between 1 and 65535");
  }
  proxy.username = url.user();
  proxy.password = url.password();
  return proxy;
}

Result<std::optional<Proxy>> proxy_for(const ProxyEnvironment& environment, bool tls, const std::string& host,
                                       std::uint16_t port) {
  std::string url = tls ? environment.https_proxy : environment.http_proxy;
  const bool direct = url.empty() || is_loopback(host) || is_excused(environment.no_proxy, host, port);
  if (direct) return std::optional<Proxy>();
  // Go takes "host:port" for a proxy that speaks http.
  if (url.find("://") == std::string::npos) url.insert(0, "http://");
  auto proxy = parse_proxy_url(url);
  if (!proxy) return fail(std::string(tls ? "HTTPS_PROXY " : "HTTP_PROXY ") + proxy.error().message);
  return std::optional<Proxy>(std::move(*proxy));
}

std::string to_string(const Proxy& proxy) {
  const bool ipv6 = proxy.host.find(':') != std::string::npos;
  return ipv6 ? fmt::format("[{}]:{}", proxy.host, proxy.port) : fmt::format("{}:{}", proxy.host, proxy.port);
}

}  // namespace meshdrill::kube
