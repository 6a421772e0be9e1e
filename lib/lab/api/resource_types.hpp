// The resources that a lab cluster serves, as a table: discovery, request routing, error messages and owner
// references all read it.
#pragma once

#include <array>
#include <span>
#include <string>
#include <string_view>

namespace meshdrill::lab {

struct ResourceType {
  std::string_view group;  // empty for the core group
  std::string_view version;
  std::string_view plural;  // also its name in the ObjectStore: "deployments"
  std::string_view singular;
  std::string_view kind;
  std::array<std::string_view, 2> short_names;  // empty ones are none
  bool namespaced = true;
  bool status = false;        // has the subresource /status
  bool scale = false;         // has the subresource /scale
  bool persisted = true;      // false: a review, which is only ever created and answered
  bool category_all = false;  // is part of `kubectl get all`
};

std::span<const ResourceType> resource_types();

// nullptr when it is not served.
const ResourceType* find_resource(std::string_view group, std::string_view version, std::string_view plural);
// By its plural name alone; of a resource served under two groups the first in the table.
const ResourceType* find_resource(std::string_view plural);

// "deployments.apps", and "pods" for the core group: how messages name a resource.
std::string qualified_name(const ResourceType& type);
// "apps/v1", and "v1" for the core group.
std::string api_version(const ResourceType& type);

}  // namespace meshdrill::lab
