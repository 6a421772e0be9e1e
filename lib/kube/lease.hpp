// Leases of coordination.k8s.io: the lock of a drill, and the record of it in annotations.
#pragma once

#include "kube/client.hpp"
#include "kube/resource.hpp"
#include "kube/workloads.hpp"

#include <chrono>
#include <optional>
#include <string>

#include <boost/json/object.hpp>

namespace meshdrill::kube {

using MicroTime = std::chrono::sys_time<std::chrono::microseconds>;

// "2026-01-31T08:05:09.000120Z": the API insists on exactly six digits.
std::string format_micro_time(MicroTime time);
// RFC 3339 in UTC ("Z") with none to nine digits of fraction; anything else is nullopt.
std::optional<MicroTime> parse_micro_time(std::string_view text);

struct Lease {
  std::string namespace_name;
  std::string name;
  std::string uid;               // empty before it is created
  std::string resource_version;  // the same
  std::string holder;            // empty: nobody holds it
  int duration_seconds = 15;
  std::optional<MicroTime> acquired;
  std::optional<MicroTime> renewed;
  int transitions = 0;
  Labels annotations;
  boost::json::object object;  // as the API gave it: what we do not know is kept when written back
};

Task<ApiResult<Lease>> read_lease(Client& client, ObjectRef lease);

// A 409 (AlreadyExists) means that somebody else was first.
Task<ApiResult<Lease>> create_lease(Client& client, Lease lease);

// PUT guarded by the resourceVersion with which it was read: a 409 means that somebody else wrote it since.
// Refuses (`invalid`) a lease without one, because that write would be unconditional.
Task<ApiResult<Lease>> update_lease(Client& client, Lease lease);

}  // namespace meshdrill::kube
