// Which backends a Service has in a Cilium Cluster Mesh: Cilium's rules for global, shared and affine
// Services, as pure functions.
#pragma once

#include "lab/api/object_store.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace meshdrill::lab {

struct Backend {
  std::string cluster;
  std::string address;
  std::uint16_t port = 0;

  auto operator<=>(const Backend&) const = default;
};

// The ready backends of one Service by the name of its port; the unnamed port is "".
using PortBackends = std::map<std::string, std::vector<Backend>>;

// The annotations service.cilium.io/… of a Service (and their older names under io.cilium/).
struct GlobalSettings {
  enum class Affinity { none, local, remote };
  bool global = false;
  bool shared = true;  // whether other clusters may use the backends here; only when global
  Affinity affinity = Affinity::none;
  bool sync_endpoint_slices = false;
};
GlobalSettings global_settings(const Object& service);

// The ready endpoints of `service` in its own cluster's `slices`; slices that mirror other clusters do not
// count.
PortBackends local_backends(const Object& service, const std::vector<ObjectPtr>& slices,
                            const std::string& cluster);

// All backends that a connection may go to: the local ones, and those that other clusters share when this
// Service is global. Affinity is all or nothing: the other side is used only when there is nothing on the
// preferred one.
std::vector<Backend> usable_backends(const GlobalSettings& settings, const std::vector<Backend>& local,
                                     const std::vector<Backend>& remote);

// Set on slices that mirror another cluster's.
inline constexpr std::string_view source_cluster_label = "multicluster.kubernetes.io/source-cluster";

// The ready endpoints in `slices` on the port called `name`, whatever cluster they are in.
std::vector<Backend> ready_endpoints(const std::vector<ObjectPtr>& slices, std::string_view service,
                                     std::string_view port_name);

}  // namespace meshdrill::lab
