// The ways in which a lab can be told to misbehave: a verifier is worth something only if it fails when it
// should. A fault holds from when it is set until it is cleared, in one cluster or in all.
#pragma once

#include "base/duration.hpp"
#include "base/result.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace meshdrill::lab {

enum class FaultKind {
  propagation_delay,    // changes of other clusters reach this cluster's data plane late
  stale_backends,       // this cluster's data plane keeps sending to backends that are gone
  not_global,           // Services lose the annotation service.cilium.io/global
  no_service_upstream,  // Ingresses lose ingress-nginx's service-upstream: local endpoints only
  ingress_down,         // nothing listens at the cluster's ingress address; open connections end
  missing_record,       // DNS leaves this cluster's ingress address out
  api_429,              // the Kubernetes API answers 429 Too Many Requests
  api_500,              // the Kubernetes API answers 500 Internal Server Error
  api_close,            // the Kubernetes API closes each connection without an answer
  api_latency,          // the Kubernetes API answers each request late
  clock_skew,           // the clock of the API server is ahead
  exec_refused,         // the Kubernetes API refuses to run commands in Pods
  secrets_refused,      // the Kubernetes API refuses to show Secrets
  peer_not_connected,   // agents and kvstoremesh say that they reach no peer
  api_401,              // the Kubernetes API knows nobody: 401, as for an expired token
  lost_answer,          // writes are done, their answers never sent
  conflict,             // updates are answered 409
  refused_writes,       // writes and their dry runs are refused, as by an admission webhook
  expired_watches,      // watches end with 410 Gone
  sticky_balancer,      // the cluster's data plane sends all connections to one backend
  skewed_balancer,      // it sends nine of ten to its own cluster's backends
  slow_pods,            // Pods that begin become Ready this much later
  capacity,             // each Pod answers so many requests a second, the others get a 503
  flapping_backend,     // one Pod fails and comes back several times a second, and stays Ready
  self_heal,            // an owner puts the replicas of workloads back, this long after a change
};

struct Fault {
  FaultKind kind = FaultKind::propagation_delay;
  std::string cluster;                // by name; empty: every cluster
  Duration value = Duration::zero();  // of the kinds that take a duration
  int count = 0;  // capacity: requests a second; of writes: how many it strikes, 0: until it is cleared
  std::string resource{};  // of writes: "leases", "deployments/scale", "*/scale"; empty: any

  bool operator==(const Fault&) const = default;
};

// What the command line and the documentation say about each kind.
struct FaultInfo {
  // writes: RESOURCE, COUNT or RESOURCE*COUNT, where RESOURCE is a plural name ("leases"), one of a scale
  // ("deployments/scale") or "any", and COUNT a number or "all". Without a value: `usual`.
  enum class Value { none, duration, number, writes };

  FaultKind kind;
  std::string_view name;  // "stale-backends"
  Value value;
  std::string_view summary;
  int usual_count = 0;  // of writes
};

const std::vector<FaultInfo>& fault_table();
const FaultInfo& info_of(FaultKind kind);

// Reads "NAME[=VALUE][@CLUSTER]". A kind with a duration or a number demands one when `with_value` (to set
// it), and does without when not (to clear it). Whether there is such a cluster is for the lab to say.
Result<Fault> parse_fault(std::string_view text, bool with_value = true);

// The same form again.
std::string to_string(const Fault& fault);

}  // namespace meshdrill::lab
