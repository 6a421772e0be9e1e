// Reads and writes the number of replicas through the /scale subresource, never over somebody else's change.
#pragma once

#include "kube/client.hpp"
#include "kube/guarded_change.hpp"
#include "kube/resource.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace meshdrill::kube {

struct Scale {
  std::string uid;  // of the Deployment or StatefulSet
  std::string resource_version;
  int replicas = 0;         // spec.replicas; absent means 0 here, unlike in a Deployment
  int status_replicas = 0;  // Pods that exist
};

Task<ApiResult<Scale>> read_scale(Client& client, ObjectRef workload);

struct ScaleWrite {
  enum class Outcome : std::uint8_t {
    written,    // `scale` is what stands now (with dry_run: what would stand)
    conflict,   // 409: the object changed, or is another one, since `read`; nothing was written
    ambiguous,  // sent, and the answer is lost: read to find out
    failed      // nothing was written
  };

  Outcome outcome = Outcome::failed;
  Scale scale;
  std::optional<ApiError> error;  // of every outcome but written
};

// One PUT of /scale, guarded by uid and resourceVersion of `read`.
Task<ScaleWrite> write_scale(Client& client, ObjectRef workload, Scale read, int replicas, bool dry_run);

// What set_replicas is to do. `uid` and `expected` say whose workload and which value it may replace.
struct ReplicasChange {
  std::string uid;
  int expected = 0;
  int wanted = 0;
  Duration timeout = std::chrono::seconds{30};  // for everything together
};

struct ReplicasResult {
  using Outcome = ChangeOutcome;  // `foreign` also for another number of replicas; see `seen`

  Outcome outcome = Outcome::failed;
  std::optional<Scale> seen;      // the last state that the API gave
  std::optional<ApiError> error;  // the last error met, if any; also one that was overcome
  int writes = 0;                 // PUTs sent
};

// Reads, checks uid and value, writes; on a conflict reads and checks again, up to ten times; an ambiguous
// answer is settled by reading. Safe to call again at any time, and beside another that does the same.
Task<ReplicasResult> set_replicas(Client& client, ObjectRef workload, ReplicasChange change);

}  // namespace meshdrill::kube
