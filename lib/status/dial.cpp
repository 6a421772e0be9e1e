#include "status/dial.hpp"

#include "base/base64.hpp"
#include "base/text.hpp"
#include "kube/client.hpp"
#include "kube/json_fields.hpp"
#include "status/gather.hpp"

#include <fmt/format.h>

namespace meshdrill::status {
namespace {

constexpr int dials_at_once = 16;

// etcd's own HTTP endpoint on the client port, which answers whoever has a certificate.
constexpr std::string_view version_path = "/version";

Task<> dial(Executor executor, kube::Connection connection, Duration timeout, DialResult& result) {
  kube::Client client(executor, std::move(connection));
  kube::Request request;
  request.path = version_path;
  request.timeout = timeout;
  const kube::ApiResult<boost::json::value> answer = co_await client.request(std::move(request));
  result.ok = answer.has_value();
  if (result.ok) co_return;
  // An answer that is no JSON is one all the same: the handshake was done, and our certificate taken.
  const kube::ApiError& error = answer.error();
  result.ok = error.http_status == 200;
  result.detail = printable(error.message);
  result.reached = error.message.find("cannot connect") == std::string::npos &&
                   error.message.find("cannot resolve") == std::string::npos;
}

}  // namespace

DialCredentials credentials_of(const boost::json::value& secret) {
  const auto data = kube::labels_field(secret, "/data");
  const auto decoded = [&](const std::string& key) {
    const auto found = data.find(key);
    return found == data.end() ? std::string{} : decode_base64(found->second).value_or(std::string{});
  };
  return {decoded("ca.crt"), decoded("tls.crt"), decoded("tls.key")};
}

Task<> dial_peers(Executor executor, const DialCredentials& credentials, Duration timeout,
                  LiveCluster& cluster) {
  if (credentials.certificate.empty()) co_return;
  const auto& peers = cluster.has_remote_peers_secret ? cluster.remote_peers : cluster.peers;
  for (const PeerEntry& peer : peers) {
    if (peer.host.empty() || peer.port < 1 || peer.port > 65535) continue;
    const auto aliases = cluster.host_aliases.find(peer.host);
    const std::vector<std::string> addresses =
        aliases == cluster.host_aliases.end() ? std::vector<std::string>{peer.host} : aliases->second;
    for (const std::string& address : addresses) {
      DialResult result;
      result.peer = peer.name;
      result.name = peer.host;
      const bool ipv6 = address.find(':') != std::string::npos;
      result.address =
          ipv6 ? fmt::format("[{}]:{}", address, peer.port) : fmt::format("{}:{}", address, peer.port);
      cluster.dials.push_back(std::move(result));
    }
  }
  Gather jobs(executor, dials_at_once);
  for (DialResult& result : cluster.dials) {
    kube::Connection connection;
    connection.name = result.peer;
    const std::size_t colon = result.address.rfind(':');
    connection.host = result.address.substr(0, colon);
    if (connection.host.starts_with('['))
      connection.host = connection.host.substr(1, connection.host.size() - 2);
    connection.port = static_cast<std::uint16_t>(std::stoi(result.address.substr(colon + 1)));
    connection.tls_server_name = result.name;
    connection.ca = credentials.authority;
    connection.client_certificate = credentials.certificate;
    connection.client_key = credentials.key;
    jobs.add(dial(executor, std::move(connection), timeout, result));
  }
  co_await jobs.wait();
}

}  // namespace meshdrill::status
