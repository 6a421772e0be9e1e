// Which certificates a cluster's clustermesh-apiserver needs, and for whom: what the chart would make itself.
#pragma once

#include "base/certificates.hpp"
#include "mesh/model.hpp"

#include <string>
#include <vector>

namespace meshdrill::mesh {

struct PlannedCertificate {
  std::string secret;  // its Secret, in Cilium's namespace
  CertificateRequest request;
};

// The server's, and those of its clients: admin, remote (what the agents of all clusters present to their
// peers) and local (what they present at home). The common name of a client is its user in etcd.
std::vector<PlannedCertificate> certificate_plan(const Mesh& mesh, const Cluster& cluster);

}  // namespace meshdrill::mesh
