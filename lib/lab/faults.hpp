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
  lost_answer,          // the next scaling is done, its answer never sent; ends by itself
};

struct Fault {
  FaultKind kind = FaultKind::propagation_delay;
  std::string cluster;                // by name; empty: every cluster
  Duration value = Duration::zero();  // propagation_delay only: the delay

  bool operator==(const Fault&) const = default;
};

// What the command line and the documentation say about each kind.
struct FaultInfo {
  FaultKind kind;
  std::string_view name;  // "stale-backends"
  bool takes_duration;
  std::string_view summary;
};

const std::vector<FaultInfo>& fault_table();
const FaultInfo& info_of(FaultKind kind);

// Reads "NAME[=DURATION][@CLUSTER]". A kind with a duration demands one when `with_value` (to set it), and
// does without when not (to clear it). Whether there is such a cluster is for the lab to say.
Result<Fault> parse_fault(std::string_view text, bool with_value = true);

// The same form again.
std::string to_string(const Fault& fault);

}  // namespace meshdrill::lab
