#include "mesh/trust/certificate_plan.hpp"

#include "mesh/trust/server_names.hpp"

#include <fmt/format.h>

namespace meshdrill::mesh {

std::vector<PlannedCertificate> certificate_plan(const Mesh& mesh, const Cluster& cluster) {
  const CiliumMinor& minor = minor_of(cluster.version);
  const Duration validity = std::chrono::days{mesh.trust.validity_days.value_or(minor.certificate_days)};
  std::vector<PlannedCertificate> plan;
  plan.push_back({"clustermesh-apiserver-server-cert",
                  {.common_name = server_common_name(mesh, minor),
                   .dns_names = server_names(mesh, cluster, minor),
                   .ip_addresses = {"127.0.0.1", "::1"},
                   .server = true,
                   .validity = validity}});
  const auto client = [&](std::string_view role, std::string common_name) {
    plan.push_back({fmt::format("clustermesh-apiserver-{}-cert", role),
                    {.common_name = std::move(common_name), .client = true, .validity = validity}});
  };
  client("admin", "admin-" + cluster.name);
  // A user of its own for each cluster only when the peers expect one.
  client("remote", mesh.trust.auth_mode == "cluster" ? "remote-" + cluster.name : "remote");
  client("local", "local-" + cluster.name);
  return plan;
}

}  // namespace meshdrill::mesh
