// The parts of a rendered cluster, for the files that put them together.
#pragma once

#include "mesh/cilium_version.hpp"
#include "mesh/model.hpp"

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json/object.hpp>

namespace meshdrill::mesh {

boost::json::object string_map(const std::map<std::string, std::string>& values);

// An umbrella chart takes the values of a chart that it depends on under that chart's key.
boost::json::object nest(const std::string& key, boost::json::object values);

// clustermesh.apiserver.tls: who issues this cluster's certificates, and for which names.
boost::json::object tls_values(const Mesh& mesh, const Cluster& cluster, const CiliumMinor& minor);

// What Cilium's own ingress or its Gateway API adds to Cilium's values; nothing for ingress-nginx.
void add_ingress_values(const Mesh& mesh, boost::json::object& values);

// The Namespaces that the global Services need: those that no cluster has from the start, and those that
// must say that they are shared.
std::vector<boost::json::object> namespace_manifests(const Mesh& mesh, const Cluster& cluster);
// `service` as it is in this cluster (GlobalService::in_cluster).
std::vector<boost::json::object> service_manifests(const GlobalService& service, const Cluster& cluster);
// The Ingress, or the Gateway and the HTTPRoute.
std::vector<boost::json::object> ingress_manifests(const Mesh& mesh);

// Where the files of a cluster are, relative to the tree.
std::string enable_path(const Cluster& cluster);
std::string connect_path(const Mesh& mesh, const Cluster& cluster);  // among the secrets when it holds keys
std::string ingress_values_path(const Cluster& cluster);
std::string manifests_folder(const Cluster& cluster);
std::string certificates_path(const Cluster& cluster);
inline constexpr std::string_view ca_values_path = "secrets/ca-values.yaml";

}  // namespace meshdrill::mesh
