// Counts the endpoints of a Service: this cluster's own, and those that the mesh brought in, apart.
#pragma once

#include "kube/client.hpp"
#include "kube/resource.hpp"

#include <map>
#include <string>
#include <vector>

#include <boost/json/value.hpp>

namespace meshdrill::kube {

struct EndpointTally {
  int ready = 0;    // may get traffic
  int serving = 0;  // would answer, terminating ones included
  int terminating = 0;
  int total = 0;

  bool operator==(const EndpointTally&) const = default;
};

struct ServiceEndpoints {
  EndpointTally local;                          // of this cluster's own Pods
  std::map<std::string, EndpointTally> remote;  // source cluster → what Cilium's EndpointSlice sync brought
};

// An endpoint that stands in several slices (dual stack, or on its way from one to another) counts once, and
// is ready when one of them says so. Absent conditions mean what discovery.k8s.io/v1 says:
// ready absent is true, serving absent is as ready, terminating absent is false.
ServiceEndpoints count_endpoints(const std::vector<boost::json::value>& slices);

Task<ApiResult<ServiceEndpoints>> read_endpoints(Client& client, ObjectRef service);

// The version of discovery.k8s.io under which the cluster has EndpointSlices, for those who watch them:
// v1, or v1beta1 before Kubernetes 1.21.
Task<ApiResult<ResourceType>> discover_endpoint_slices(Client& client);

}  // namespace meshdrill::kube
