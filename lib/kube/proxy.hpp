// Which proxy, if any, stands between us and an API server: `proxy-url` of the kubeconfig, or else what the
// environment says, as kubectl has it.
#pragma once

#include "base/result.hpp"
#include "kube/connection.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace meshdrill::kube {

// The variables that name proxies, in capitals or not.
struct ProxyEnvironment {
  std::string https_proxy;
  std::string http_proxy;
  std::string no_proxy;
};

ProxyEnvironment proxy_environment();

// "http://host:port", https or socks5 (also socks5h; names are resolved by the proxy in either), with user
// and password if need be. Messages do not quote it: it may hold a password.
Result<Proxy> parse_proxy_url(std::string_view text);

// nullopt: none. As Go has it, loopback is never reached through a proxy of the environment.
Result<std::optional<Proxy>> proxy_for(const ProxyEnvironment& environment, bool tls, const std::string& host,
                                       std::uint16_t port);

// "proxy.example.org:3128": how messages name it.
std::string to_string(const Proxy& proxy);

}  // namespace meshdrill::kube
