// The parts of a rendered cluster, for the files that put them together.
#pragma once

#include "mesh/model.hpp"

#include <map>
#include <string>
#include <vector>

#include <boost/json/object.hpp>

namespace meshdrill::mesh {

boost::json::object string_map(const std::map<std::string, std::string>& values);

// The Namespaces that the global Services need and that no cluster has from the start.
std::vector<boost::json::object> namespace_manifests(const Mesh& mesh);
std::vector<boost::json::object> service_manifests(const GlobalService& service, const Cluster& cluster);
std::vector<boost::json::object> ingress_manifests(const Mesh& mesh);

// Where render() puts what, relative to the tree.
std::string enable_path(const Cluster& cluster);
std::string connect_path(const Cluster& cluster);
std::string ingress_values_path(const Cluster& cluster);
std::string manifests_folder(const Cluster& cluster);

}  // namespace meshdrill::mesh
