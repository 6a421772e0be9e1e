// How a cluster's API can be told to misbehave. Set and cleared at any moment, on the lab's thread.
#pragma once

#include "base/duration.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace meshdrill::lab {

struct ApiFault {
  enum class Kind {
    too_many_requests,  // 429 with Retry-After, nothing is done
    internal_error,     // 500, nothing is done
    close,              // the connection closes without an answer, nothing is done
    lost_answer,        // a write is done, then the connection closes without an answer; reads are spared
    conflict,           // an update or a patch is answered 409, nothing is done; reads are spared
    refused,            // a write, dry runs too, is refused as by an admission webhook; reads are spared
    unauthorized,       // 401, as for a token that has expired
    latency,            // the request is handled `delay` late
    expired_watch,      // a watch is answered 410 Gone, as an event in its stream
  };

  Kind kind = Kind::internal_error;
  int count = 0;        // how many requests it strikes before it is over; 0: until cleared
  Duration delay{};     // latency only
  int retry_after = 1;  // too_many_requests only, in seconds
  std::string method;   // "PATCH"; empty: any
  // "deployments", "deployments/scale"; "*/scale": the scale of any workload; empty: any, and requests for no
  // resource.
  std::string resource;
};

class ApiFaults {
 public:
  // Joins the faults already set; one of the same kind, method and resource is replaced.
  void set(ApiFault fault);
  void clear(ApiFault::Kind kind);
  void clear() { faults_.clear(); }
  // Whether one of this kind is set and not over.
  [[nodiscard]] bool holds(ApiFault::Kind kind) const;

  // The fault of this kind that strikes such a request, counted as one strike.
  std::optional<ApiFault> strike(ApiFault::Kind kind, std::string_view method, std::string_view resource);

 private:
  std::vector<ApiFault> faults_;
};

}  // namespace meshdrill::lab
