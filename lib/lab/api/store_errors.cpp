#include "lab/api/store_errors.hpp"

#include "lab/api/resource_types.hpp"

#include <fmt/format.h>

namespace meshdrill::lab {

namespace {

std::string qualified(std::string_view resource) {
  const ResourceType* const type = find_resource(resource);
  return type == nullptr ? std::string(resource) : qualified_name(*type);
}

StoreError conflict(std::string_view resource, std::string_view name, std::string_view why) {
  return {.code = 409,
          .reason = "Conflict",
          .message =
              fmt::format(R"(Operation cannot be fulfilled on {} "{}": {})", qualified(resource), name, why)};
}

}  // namespace

StoreError not_found(std::string_view resource, std::string_view name) {
  return {.code = 404,
          .reason = "NotFound",
          .message = fmt::format(R"({} "{}" not found)", qualified(resource), name)};
}

StoreError already_exists(std::string_view resource, std::string_view name) {
  return {.code = 409,
          .reason = "AlreadyExists",
          .message = fmt::format(R"({} "{}" already exists)", qualified(resource), name)};
}

StoreError modified_conflict(std::string_view resource, std::string_view name) {
  return conflict(
      resource, name,
      "the object has been modified; please apply your changes to the latest version and try again");
}

StoreError uid_conflict(std::string_view resource, std::string_view name, std::string_view wanted,
                        std::string_view stored) {
  return conflict(
      resource, name,
      fmt::format("Precondition failed: UID in precondition: {}, UID in object meta: {}", wanted, stored));
}

}  // namespace meshdrill::lab
