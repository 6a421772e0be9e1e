// From the API's objects to the facts of a cluster. Pure; whatever an object lacks is left as it was.
#pragma once

#include "status/live_cluster.hpp"

#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/json/value.hpp>

namespace meshdrill::status {

// "quay.io/cilium/cilium:v1.18.0@sha256:…" runs 1.18.0; empty when the image has no such tag.
std::string version_of(const std::string& image);

// The value of an annotation that has an old name as well; empty when there is neither.
std::string annotation(const boost::json::value& object, std::string_view name,
                       std::string_view old_name = {});
// Cilium reads "true" and "false" in any case.
bool is_word(std::string text, std::string_view lower);
// "namespace/name".
std::string key_of(const boost::json::value& object);
// Whether a condition of that type is "True".
bool condition_holds(const boost::json::value& object, std::string_view type);

// Settings and workloads
void parse_agents(const boost::json::value& daemon_set, LiveCluster& cluster);
Workload parse_daemon_set(const boost::json::value& daemon_set);
Workload parse_deployment(const boost::json::value& deployment);
void parse_apiserver(const boost::json::value& deployment, LiveCluster& cluster);
void parse_apiserver_service(const boost::json::value& service, LiveCluster& cluster);
NodeView parse_node(const boost::json::value& node);
// Of a CiliumNode: its name, and what begins with cilium_.
NodeView parse_cilium_node(const boost::json::value& node);
// Brings the two together in cluster.nodes.
void join_nodes(std::vector<NodeView> nodes, std::vector<NodeView> cilium_nodes, LiveCluster& cluster);
// Of a Pod; nobody to ask has no image.
Observer parse_observer(const boost::json::value& pod);

// Secrets: what is configured and trusted. Keys are compared with their certificates and then forgotten.
std::vector<PeerEntry> parse_peers(const boost::json::value& secret);
CertificateView parse_certificate(const boost::json::value& secret, std::string name);

// Services
ServiceView parse_service(const boost::json::value& service);
// "namespace/name" of the Service that an EndpointSlice belongs to.
std::string service_of_slice(const boost::json::value& slice);
McsView parse_mcs(const boost::json::value& object);

// The way in
// One for each pair of host and Service that the Ingress leads to.
std::vector<WayIn> parse_ingress(const boost::json::value& ingress);

struct GatewayView {
  std::string key;
  std::string class_name;
  std::vector<std::string> hosts;  // of its listeners
  std::vector<std::string> addresses;
  std::string refusal;  // why it does not serve
};
GatewayView parse_gateway(const boost::json::value& gateway);

struct RouteView {
  std::string key;
  std::vector<std::string> hosts;                      // none: those of the Gateway
  std::vector<std::pair<std::string, bool>> backends;  // "namespace/name", and whether it is a ServiceImport
  std::map<std::string, std::string> gateways;  // key → why it does not follow the route; empty: it does
};
RouteView parse_route(const boost::json::value& route);
// One for each Gateway, host and backend.
std::vector<WayIn> ways_through(const std::vector<GatewayView>& gateways,
                                const std::vector<RouteView>& routes);

// Of an IngressClass or a GatewayClass: its name, and the controller that it stands for.
std::pair<std::string, std::string> parse_ingress_class(const boost::json::value& object);
std::pair<std::string, std::string> parse_gateway_class(const boost::json::value& object);

// Of a Pod of a controller: its app.kubernetes.io/name; empty when it is a helper that nobody goes through.
std::pair<std::string, ControllerView> parse_controller_pod(const boost::json::value& pod);

// What an observer answered. False when it cannot be read.
bool parse_reports(const Observer& observer, std::string_view json, LiveCluster& cluster);
// The same from its metrics.
bool parse_metrics(const Observer& observer, std::string_view text, LiveCluster& cluster);

// A peer that is configured and that the observer did not speak of is unknown to it.
void add_unknown_peers(const Observer& observer, LiveCluster& cluster);

// "is not connected", "is still being synchronised", …
std::string_view words_of(Rung rung);

}  // namespace meshdrill::status
