// Events of events.k8s.io: a notice to whoever is on call, kept by the API for about an hour.
#pragma once

#include "kube/client.hpp"
#include "kube/lease.hpp"

#include <cstdint>
#include <string>

namespace meshdrill::kube {

struct EventNotice {
  enum class Type : std::uint8_t { normal, warning };

  // The object that it is about.
  std::string api_version;     // "apps/v1"
  std::string kind;            // "Deployment"
  std::string namespace_name;  // empty for kinds without namespaces: the notice then goes to "default"
  std::string name;
  std::string uid;

  Type type = Type::normal;
  std::string reason;    // one word of CamelCase: "DrillScaledDown"
  std::string action;    // what was done: "Scale"; must not be empty
  std::string note;      // a sentence; cut off at 1 kB
  std::string instance;  // which run it was
  MicroTime time;
};

// Posts it. Best effort: nothing may depend on whether it arrives, so the answer is for a log.
Task<ApiResult<void>> post_event(Client& client, EventNotice notice);

}  // namespace meshdrill::kube
