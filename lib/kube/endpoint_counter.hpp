// Counts the endpoints of a Service slice by slice, without keeping the slices.
#pragma once

#include "kube/endpoints.hpp"

#include <map>
#include <string>

#include <boost/json/value.hpp>

namespace meshdrill::kube {

// Of one Service, by the rules of count_endpoints().
class EndpointCounter {
 public:
  void add(const boost::json::value& slice);
  [[nodiscard]] ServiceEndpoints counted() const;

 private:
  struct Endpoint {
    bool ready = false;
    bool serving = false;
    bool terminating = false;
  };
  using Endpoints = std::map<std::string, Endpoint>;  // by the Pod's uid

  static void add(Endpoints& endpoints, const boost::json::value& slice);
  static EndpointTally tally(const Endpoints& endpoints);

  Endpoints local_;
  std::map<std::string, Endpoints> remote_;  // by source cluster
};

// EndpointSlices as Kubernetes before 1.21 has them, which does not know discovery.k8s.io/v1. Made alike in
// all that we read.
ResourceType endpoint_slices_before_1_21();

}  // namespace meshdrill::kube
