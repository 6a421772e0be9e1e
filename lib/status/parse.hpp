// From the API's objects to the facts of a cluster. Pure; whatever an object lacks is left as it was.
#pragma once

#include "status/live_cluster.hpp"

#include <string>
#include <string_view>
#include <vector>

#include <boost/json/value.hpp>

namespace meshdrill::status {

using Objects = std::vector<boost::json::value>;

// "quay.io/cilium/cilium:v1.18.0@sha256:…" runs 1.18.0; empty when the image has no such tag.
std::string version_of(const std::string& image);

// The value of an annotation that has an old name as well; empty when there is neither.
std::string annotation(const boost::json::value& object, std::string_view name,
                       std::string_view old_name = {});
// Cilium reads "true" and "false" in any case.
bool is_word(std::string text, std::string_view lower);

// Settings and workloads
void parse_agents(const boost::json::value& daemon_set, LiveCluster& cluster);
Workload parse_deployment(const boost::json::value& deployment);
void parse_apiserver(const boost::json::value& deployment, LiveCluster& cluster);
void parse_apiserver_service(const boost::json::value& service, LiveCluster& cluster);
void parse_nodes(const Objects& nodes, const Objects& cilium_nodes, LiveCluster& cluster);
void parse_observers(const Objects& pods, LiveCluster& cluster);

// Secrets: what is configured and trusted. Keys are compared with their certificates and then forgotten.
std::vector<PeerEntry> parse_peers(const boost::json::value& secret);
CertificateView parse_certificate(const boost::json::value& secret, std::string name);

// Services and the way in
ServiceView parse_service(const boost::json::value& service);
void count_endpoints(const Objects& slices, ServiceView& service);
McsView parse_mcs(const boost::json::value& object);
// One for each pair of host and Service that the Ingress leads to.
std::vector<IngressView> parse_ingress(const boost::json::value& ingress);
ControllerView parse_controller(const Objects& pods);

// What an observer answered. False when it cannot be read.
bool parse_reports(const Observer& observer, std::string_view json, LiveCluster& cluster);
// The same from its metrics.
bool parse_metrics(const Observer& observer, std::string_view text, LiveCluster& cluster);

// A peer that is configured and that the observer did not speak of is unknown to it.
void add_unknown_peers(const Observer& observer, LiveCluster& cluster);

// "is not connected", "is still being synchronised", …
std::string_view words_of(Rung rung);

}  // namespace meshdrill::status
