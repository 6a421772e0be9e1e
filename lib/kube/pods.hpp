// Pods: which there are, who made them, and deleting exactly the one that was seen.
#pragma once

#include "kube/client.hpp"
#include "kube/labels.hpp"
#include "kube/resource.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <boost/json/value.hpp>

namespace meshdrill::kube {

// The ownerReference with controller: true.
struct Controller {
  std::string api_version;  // "apps/v1"
  std::string kind;         // "ReplicaSet"
  std::string name;
  std::string uid;

  bool operator==(const Controller&) const = default;
};

// "ReplicaSet api-6d5f": how messages name it.
std::string to_string(const Controller& controller);
// Of any object; nullopt when nobody controls it.
std::optional<Controller> parse_controller(const boost::json::value& object);

struct Pod {
  std::string namespace_name;
  std::string name;
  std::string uid;
  std::string resource_version;
  Labels labels;
  std::string node;       // empty: not scheduled
  std::string phase;      // Pending, Running, Succeeded, Failed, Unknown
  bool ready = false;     // the condition Ready is True
  bool deleting = false;  // has a deletionTimestamp
  std::optional<Controller> controller;
};

Pod parse_pod(const boost::json::value& object);

// `label_selector` as the API takes it; empty lists all. An empty namespace lists the whole cluster.
Task<ApiResult<std::vector<Pod>>> list_pods(Client& client, std::string namespace_name,
                                            std::string label_selector);

struct PodDeletion {
  std::string namespace_name;
  std::string name;
  std::string uid;                            // of the Pod that was seen: another of its name is left alone
  std::optional<std::int64_t> grace_seconds;  // nullopt: as the Pod says
  bool dry_run = false;
  Duration timeout = std::chrono::seconds{30};  // for everything together
};

struct PodDeleted {
  enum class Outcome : std::uint8_t {
    deleted,   // it is gone, or has been told to end
    gone,      // no Pod of that name and uid was there before we did anything, or it was ending already
    failed,    // nothing was deleted; see `error`
    unsettled  // sent, the answer lost, and reading failed up to the deadline
  };

  Outcome outcome = Outcome::failed;
  std::optional<ApiError> error;  // the last error met, if any; also one that was overcome
};

// DELETE guarded by the uid; a lost answer is settled by reading.
Task<PodDeleted> delete_pod(Client& client, PodDeletion deletion);

}  // namespace meshdrill::kube
