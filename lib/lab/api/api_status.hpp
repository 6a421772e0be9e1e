// Refusals as the Kubernetes API words them, and as the Status objects that carry them.
#pragma once

#include "lab/api/api_types.hpp"
#include "lab/api/resource_types.hpp"
#include "lab/api/store_errors.hpp"

#include <cstdint>
#include <string>
#include <string_view>

#include <boost/json/object.hpp>

namespace meshdrill::lab {

// One reason why an object is not valid.
struct FieldCause {
  enum class Kind { required, invalid, not_supported, forbidden };
  Kind kind = Kind::invalid;
  std::string field;    // "spec.selector"
  std::string value;    // as JSON; only for invalid and not_supported
  std::string message;  // "field is immutable"; may be empty for required
};

StoreError bad_request(std::string message);
StoreError unauthorized();
StoreError forbidden(std::string message);
StoreError path_not_found();
StoreError method_not_allowed();
StoreError not_acceptable();
StoreError unsupported_media_type(std::string_view accepted);
StoreError too_many_requests(int retry_after_seconds);
// A validating admission webhook says no.
StoreError denied_by_webhook();
StoreError internal_error(std::string message);
StoreError invalid_object(const ResourceType& type, std::string_view name,
                          const std::vector<FieldCause>& causes);
// 410: what was asked for is no longer in the history.
StoreError too_old(std::uint64_t version, std::uint64_t newest);

boost::json::object to_status(const StoreError& error);
ApiResponse to_response(const StoreError& error);
ApiResponse json_response(const boost::json::object& object, int status = 200);

}  // namespace meshdrill::lab
