// The way in from outside, the same in every cluster: one DNS name that has every cluster's address.
#pragma once

#include "base/diagnostic.hpp"

#include <map>
#include <optional>
#include <string>

namespace meshdrill::mesh {

struct Ingress {
  enum class Controller { nginx, cilium, gateway };  // ingress-nginx, Cilium's own, Cilium's Gateway API

  Controller controller = Controller::nginx;
  std::string host;
  int port = 80;  // of the load balancer in front of the controller; 443 by default with TLS
  std::string path = "/";
  std::string tls_secret;  // in the Service's namespace, with tls.crt and tls.key; empty: plain HTTP
  std::string class_name = "nginx";
  std::map<std::string, std::string> node_selector;  // which nodes run the controller
  bool host_network = false;                         // cilium, gateway: listen on the nodes' own addresses
  std::optional<int> listener_port;                  // cilium with host_network: the port on the nodes
  std::string release = "ingress-nginx";             // nginx: of its Helm release
  std::string kube_namespace = "ingress-nginx";
  std::string chart;       // empty: ingress-nginx/ingress-nginx, or left to the operator
  std::string values_key;  // as in Cilium
  std::string service;     // "name" or "namespace/name" of one of Mesh::services; empty: the first
  Location where;
  Location host_where;
  Location controller_where;
  Location port_where;
  Location service_where;
};

// How the DNS name of the ingress gets its records.
struct Dns {
  int ttl = 60;        // seconds
  std::string zone;    // "example.org"; empty: nsupdate finds it out
  std::string server;  // the primary that takes updates; empty: the one that the zone's SOA names
  std::string kube_namespace = "default";  // of the DNSEndpoint for external-dns
  Location where;
};

}  // namespace meshdrill::mesh
