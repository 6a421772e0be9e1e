// A cluster's ingress-nginx: an HTTP/1.1 reverse proxy at the cluster's ingress address that obeys the
// Ingress objects of the moment. A client connection keeps its connection to a backend for as long as both
// live and routing leads there, and shares it with no other client, so that each client connection is one
// choice of a backend (with service-upstream).
#pragma once

#include "base/async.hpp"
#include "base/duration.hpp"
#include "base/result.hpp"
#include "lab/net/data_plane.hpp"
#include "lab/net/pod_network.hpp"

#include <memory>
#include <string>

namespace meshdrill::lab {

struct IngressSettings {
  std::string class_name;    // of the Ingresses that it obeys
  Duration connect_timeout;  // to a backend; an Ingress can say otherwise
  Duration read_timeout;     // for a backend's answer; likewise
};

class IngressProxy {
 public:
  // All must outlive it.
  IngressProxy(Executor executor, ObjectStore& store, DataPlane& data_plane, const PodNetwork& network,
               IngressSettings settings);
  ~IngressProxy();

  // Once, with a listening socket; its endpoint is kept for reopen().
  void serve(TcpAcceptor acceptor);
  // Stops listening and ends every connection.
  void close();
  // Listens again at the same endpoint.
  Result<> reopen();

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace meshdrill::lab
