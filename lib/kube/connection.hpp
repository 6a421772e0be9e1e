// How one cluster's Kubernetes API is reached, and as whom: what a kubeconfig's context comes down to.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace meshdrill::kube {

// What stands between us and the API server.
struct Proxy {
  enum class Kind : std::uint8_t { http, https, socks5 };

  Kind kind = Kind::http;
  std::string host;  // name or address, IPv6 without brackets
  std::uint16_t port = 80;
  std::string username;  // empty: no login
  std::string password;  // secret
};

// "kubectl --as": the API is asked to take us for somebody else.
struct Impersonation {
  std::string user;  // empty: nobody else
  std::string uid;
  std::vector<std::string> groups;
  std::vector<std::pair<std::string, std::vector<std::string>>> extra;
};

// A program that prints credentials (client.authentication.k8s.io).
struct ExecPlugin {
  enum class Interactive : std::uint8_t { never, if_available, always };

  std::string api_version;  // "client.authentication.k8s.io/v1" or …/v1beta1; the answer must be the same
  std::string command;      // a path, or a name to be found in PATH; never handed to a shell
  std::vector<std::string> arguments;
  std::vector<std::pair<std::string, std::string>> environment;  // beside our own; may be secret
  Interactive interactive = Interactive::if_available;
  std::string install_hint;  // printable
  std::string cluster_info;  // JSON of spec.cluster; empty: not asked for
};

struct Connection {
  std::string name;  // how messages name the cluster: the kubeconfig's entry; a caller may put another

  bool tls = true;   // false: plain http; credentials are then never sent
  std::string host;  // name or address, IPv6 without brackets
  std::uint16_t port = 443;
  std::string
      path_prefix;  // of `server`, as "/k8s/clusters/c-1"; empty when there is none, never ends in '/'

  std::string tls_server_name;  // what the certificate must say, and SNI; empty: `host`
  std::string ca;               // PEM; empty: the system's authorities
  bool insecure = false;        // the server's certificate is not checked at all

  std::string client_certificate;  // PEM; empty when there is none
  std::string client_key;          // PEM; secret
  std::string token;               // secret; unused when there is a token_file
  std::string token_file;          // absolute path, read again about each minute and after a 401
  std::string username;            // of basic authentication
  std::string password;            // secret
  std::optional<ExecPlugin> exec;  // asked when there is none of the above
  Impersonation impersonation;

  std::optional<Proxy> proxy;

  std::string default_namespace = "default";
};

}  // namespace meshdrill::kube
