// Which backend ingress-nginx dials for a request: the ClusterIP, behind which Cilium chooses, or one of the
// endpoints that the cluster's own API knows.
#pragma once

#include "lab/net/data_plane.hpp"
#include "lab/net/ingress_routes.hpp"

#include <string>
#include <vector>

namespace meshdrill::lab {

class UpstreamChoice {
 public:
  // Both must outlive it.
  UpstreamChoice(ObjectStore& store, DataPlane& data_plane) : store_(store), data_plane_(data_plane) {}

  // What can be tried for one request, best first. With service-upstream that is one backend (or none, when a
  // connection to the ClusterIP is refused): nginx knows one upstream only and has nothing to fall back to.
  // Without it, up to three endpoints in turn (round robin, nginx's proxy_next_upstream_tries).
  struct Candidates {
    bool known = false;  // false: no endpoints, or no such Service or port, which is answered 503
    std::vector<Backend> backends;
  };
  Candidates candidates(const IngressRoute& route);

 private:
  ObjectStore& store_;
  DataPlane& data_plane_;
  std::map<ObjectKey, std::size_t> turns_;
};

}  // namespace meshdrill::lab
