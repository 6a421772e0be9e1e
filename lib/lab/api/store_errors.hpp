// The refusals of a Kubernetes API, in its own words: clients and people match on them.
#pragma once

#include "lab/api/object_store.hpp"

#include <string>
#include <string_view>

namespace meshdrill::lab {

// `resource` is a plural name of the table of resource types.
StoreError not_found(std::string_view resource, std::string_view name);
StoreError already_exists(std::string_view resource, std::string_view name);
StoreError modified_conflict(std::string_view resource, std::string_view name);
StoreError uid_conflict(std::string_view resource, std::string_view name, std::string_view wanted,
                        std::string_view stored);

}  // namespace meshdrill::lab
