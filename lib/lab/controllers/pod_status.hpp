// The status that a kubelet writes for a Pod at each point of its life.
#pragma once

#include "lab/api/object_store.hpp"

#include <string>
#include <string_view>

namespace meshdrill::lab {

// Scheduled; its containers are being created. `message` says what it waits for, if anything.
Object creating_status(const Object& pod, std::string_view message);

struct PodAddress {
  std::string pod;
  std::string host;
};
// All containers run and are ready.
Object running_status(const Object& pod, const PodAddress& address);

// No node fits, or no address is left.
Object unschedulable_status(const Object& pod, std::string_view message);

}  // namespace meshdrill::lab
