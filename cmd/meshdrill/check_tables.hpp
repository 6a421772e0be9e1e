// How `check` shows what it checked.
#pragma once

#include "mesh/model.hpp"
#include "mesh/values/cluster_values.hpp"

#include <vector>

#include <boost/json/object.hpp>

namespace meshdrill::cli {

// On stdout: what a mesh file comes to once everything is allocated and defaulted.
void print_mesh(const mesh::Mesh& mesh);

// On stdout: what the values say of each cluster.
void print_values(const std::vector<mesh::values::ClusterValues>& clusters);

// An element of `clusters` in the JSON report.
boost::json::object to_json(const mesh::Cluster& cluster);
boost::json::object to_json(const mesh::values::ClusterValues& cluster);

}  // namespace meshdrill::cli
