// A Service that is the same in every cluster, its backends merged by Cilium.
#pragma once

#include "base/diagnostic.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace meshdrill::mesh {

struct ServicePort {
  std::string name;  // backends of other clusters are matched by it; may be empty when it is the only port
  int port = 0;
  int target_port = 0;
  std::string protocol = "TCP";
  Location where;
};

struct GlobalService {
  enum class Affinity { unset, local, remote };  // never "none": cilium/cilium#46623 drops remote backends
  enum class Export { annotations, mcs };        // how the clusters share it: Cilium's own way, or MCS-API

  // What one cluster does differently.
  struct Override {
    std::optional<bool> shared;
    std::optional<Affinity> affinity;
    std::optional<int> replicas;
    Location where;
  };

  std::string name;
  std::string kube_namespace = "default";
  std::vector<ServicePort> ports;
  std::map<std::string, std::string> selector;  // by default {app: <name>}
  Export exported_by = Export::annotations;
  bool headless = false;  // clusterIP: None; remote Pods are known by their EndpointSlices alone
  bool shared = true;     // whether the other clusters may use the backends here
  Affinity affinity = Affinity::unset;
  bool sync_endpoint_slices = false;  // mirror remote EndpointSlices; turns the Helm flag on as well
  bool sample = true;                 // with a Deployment and a ConfigMap that say which cluster answers
  int replicas = 1;                   // of the sample
  std::string image = "nginx:1.28";   // of the sample
  std::map<std::string, Override> overrides;  // by cluster name
  Location where;
  Location export_where;
  Location affinity_where;

  // What holds in one cluster, its override applied.
  [[nodiscard]] GlobalService in_cluster(const std::string& cluster) const;
};

// "default/api-service".
std::string qualified_name(const GlobalService& service);

}  // namespace meshdrill::mesh
