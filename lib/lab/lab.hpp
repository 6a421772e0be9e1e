// A mesh in a box: every cluster's Kubernetes API, Pods, data plane and ingress, and the DNS server that
// answers for the mesh's host name, all on loopback addresses of this machine, in this process. Traffic obeys
// the objects that are in the API at that moment.
#pragma once

#include "base/duration.hpp"
#include "base/result.hpp"
#include "lab/faults.hpp"
#include "mesh/model.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json/object.hpp>

namespace meshdrill::lab {

// How long things take in a lab. Each is a time that a real cluster has as well.
struct LabTimings {
  Duration pod_start = std::chrono::milliseconds{200};    // from scheduled to Ready
  Duration pod_grace = std::chrono::milliseconds{400};    // a terminating Pod still accepts connections
  Duration propagation = std::chrono::milliseconds{150};  // a change of one cluster reaches the others
  Duration connect_timeout = std::chrono::seconds{5};     // ingress to backend (ingress-nginx's default)
  Duration read_timeout = std::chrono::seconds{60};       // likewise, for an answer
};

struct LabOptions {
  mesh::Mesh mesh;
  std::uint16_t dns_port = 0;                  // 0: any free one
  Duration dns_ttl = std::chrono::seconds{5};  // of the address records; whole seconds
  bool ipv6 = false;         // AAAA records too: the IPv4-mapped form of the ingress addresses
  bool apply_sample = true;  // start with the mesh's Services, Deployments, ConfigMaps and Ingress applied
  bool endpoint_slice_sync = false;  // Helm's clustermesh.enableEndpointSliceSynchronization, in all clusters
  LabTimings timings;
  std::vector<Fault> faults;  // set from the start
};

// N clusters named lab-001 …, host api.lab.test, one global Service of two replicas a cluster.
// count: 1 to 60.
Result<mesh::Mesh> default_mesh(int count);

struct LabCluster {
  std::string name;
  std::string context;  // its context in the kubeconfig
  std::string api;      // "https://127.64.1.1:41234"
  std::string ingress;  // "127.64.1.2"
};

// Every function may be called from any thread, start() and stop() from one at a time.
class Lab {
 public:
  explicit Lab(LabOptions options);
  ~Lab();  // stops it
  Lab(const Lab&) = delete;
  Lab& operator=(const Lab&) = delete;

  // Takes addresses, makes certificates, listens, applies the sample, and serves from a thread of its own.
  // When it returns, every address below answers; Pods take pod_start longer. A lab starts once.
  Result<> start();
  // Ends every connection, joins the thread and frees the addresses. Does nothing when not started.
  void stop();

  // Valid once started, and unchanged from then on.
  [[nodiscard]] const mesh::Mesh& mesh() const;  // as given, with the addresses and the port of this lab
  [[nodiscard]] const std::vector<LabCluster>& clusters() const;
  [[nodiscard]] const std::string& kubeconfig() const;  // one context a cluster; holds client keys: secret
  [[nodiscard]] const std::string& dns_server() const;  // "127.64.0.53:40053"
  [[nodiscard]] const std::string& url() const;         // "http://api.lab.test:8080/"

  // Writes an object into one cluster, as `kubectl apply --server-side --force-conflicts` does.
  Result<> apply(std::string_view cluster, const boost::json::object& object);

  // Takes set_fault(), clear_fault() and faults() as commands on a Unix socket at `path` (mode 0600), until
  // stop(). Fails when another lab answers there. See control_socket.hpp for the other side.
  Result<> open_control_socket(const std::string& path);

  // In effect when it returns. Fails for a cluster that the lab does not have.
  Result<> set_fault(const Fault& fault);
  // Clears this kind in this cluster, or in all. Clearing what is not set is no error.
  Result<> clear_fault(FaultKind kind, const std::string& cluster = {});
  // One entry a cluster and kind that is set, in the order of the clusters.
  [[nodiscard]] std::vector<Fault> faults() const;

  // Pods of workloads in one cluster that are Ready and not terminating; the ingress controller's own and
  // Cilium's are left out.
  [[nodiscard]] std::size_t ready_pods(std::string_view cluster) const;
  // Waits until every Deployment, StatefulSet and DaemonSet of every cluster has the Pods it asks for, and
  // every cluster knows of the others' backends. False when `limit` ran out.
  [[nodiscard]] bool wait_ready(Duration limit) const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace meshdrill::lab
