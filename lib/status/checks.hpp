// The rules, a function a subject. Pure: from the facts of all clusters to findings. Of a cluster that could
// not be read, or of a part of it, they say nothing but that.
#pragma once

#include "mesh/model.hpp"
#include "status/finding.hpp"
#include "status/live_cluster.hpp"

#include <chrono>
#include <string>
#include <vector>

namespace meshdrill::status {

// What one resolver says of the shared DNS name.
struct DnsView {
  std::string host;
  std::string by;          // "the name's own servers", "the system's resolver"
  bool authority = false;  // the former
  std::vector<IpAddress> addresses;
  std::string problem;  // why there are none
};

struct LiveMesh {
  std::vector<LiveCluster> clusters;  // in the order of the user
  std::vector<DnsView> dns;           // empty: not asked
  const mesh::Mesh* file =
      nullptr;  // what it should be; may be nullptr. Its clusters stand in the same order
  std::chrono::system_clock::time_point now;

  // The cluster that calls itself so; nullptr when none of them does.
  [[nodiscard]] const LiveCluster* named(std::string_view name) const;
};

void check_readable(const LiveMesh& mesh, Found& found);
void check_clusters(const LiveMesh& mesh, Found& found);   // each by itself
void check_agreement(const LiveMesh& mesh, Found& found);  // names, IDs, networks, datapath, versions, clocks
void check_trust(const LiveMesh& mesh, Found& found);      // certificates
void check_peers(const LiveMesh& mesh, Found& found);      // who is configured
void check_connections(const LiveMesh& mesh, Found& found);  // who is connected; after check_peers
void check_services(const LiveMesh& mesh, Found& found);
void check_mcs(const LiveMesh& mesh, Found& found);
void check_way_in(const LiveMesh& mesh, Found& found);  // Ingresses, Gateways and their controllers
void check_dns(const LiveMesh& mesh, Found& found);     // the shared names
void check_drift(const LiveMesh& mesh, Found& found);

// All of them.
std::vector<Finding> check_mesh(const LiveMesh& mesh);

enum class Outcome { healthy, unhealthy, unknown };
// Unhealthy with any error; otherwise unknown when something could not be told.
Outcome outcome_of(const std::vector<Finding>& findings);

}  // namespace meshdrill::status
