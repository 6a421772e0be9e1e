#include "kube/server_url.hpp"

#include <charconv>

#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

namespace meshdrill::kube {

Result<ServerUrl> parse_server_url(std::string_view text, bool expects_tls) {
  std::string whole(text);
  if (whole.find("://") == std::string::npos) whole.insert(0, expects_tls ? "https://" : "http://");
  const auto parsed = boost::urls::parse_uri(whole);
  if (!parsed) return fail("is not a URL");
  const boost::urls::url_view& url = *parsed;
  const bool tls = url.scheme() == "https";
  if (!tls && url.scheme() != "http") return fail("has a scheme other than https and http");
  if (url.has_userinfo()) return fail("holds a user name or password, which is never sent");
  ServerUrl server;
  server.tls = tls;
  server.host = url.host_address();
  if (server.host.empty()) return fail("names no host");
  server.port = tls ? 443 : 80;
  if (url.has_port() && !url.port().empty()) {
    const std::string port(url.port());
    const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), server.port);
    if (error != std::errc{} || server.port == 0) return fail("has no port between 1 and 65535");
  }
  server.path_prefix = url.encoded_path();
  while (server.path_prefix.ends_with('/')) server.path_prefix.pop_back();
  return server;
}

}  // namespace meshdrill::kube
