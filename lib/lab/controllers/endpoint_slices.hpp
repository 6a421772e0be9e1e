// What the EndpointSlices of a Service should hold, and how what is there is made to be so.
#pragma once

#include "lab/api/object_store.hpp"

#include <string>
#include <vector>

#include <boost/json/array.hpp>

namespace meshdrill::lab {

// A slice without its name: its ports, its endpoints, and where it comes from.
struct SliceContent {
  boost::json::array ports;      // {name, port, protocol}
  boost::json::array endpoints;  // {addresses, conditions, …}
};

// What the Pods behind `service` amount to: one content for each set of resolved ports and each hundred
// endpoints; one with neither when no Pod has an address, as the real controller leaves behind.
std::vector<SliceContent> slices_of_pods(const Object& service, const std::vector<ObjectPtr>& pods);

struct SliceOwner {
  const Object& service;
  std::string name_prefix;  // generated names begin with it
  Object labels;            // what all of its slices have, and no others
};

// Makes the slices of `owner` in the store hold `wanted`: changes those that are there, makes what is
// missing, removes what is left over.
void store_slices(ObjectStore& store, const SliceOwner& owner, std::vector<SliceContent> wanted);

}  // namespace meshdrill::lab
