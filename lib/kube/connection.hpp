// How one cluster's Kubernetes API is reached, and as whom: what a kubeconfig's context comes down to.
#pragma once

#include <cstdint>
#include <string>

namespace meshdrill::kube {

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

  std::string default_namespace = "default";
};

}  // namespace meshdrill::kube
