// From the body of a request to an object, refusing what a typed API server could not decode.
#pragma once

#include "lab/api/object_store.hpp"
#include "lab/api/resource_types.hpp"

#include <string_view>

#include <boost/json/value.hpp>

namespace meshdrill::lab {

// Any JSON value. 400 when it is malformed.
StoreResult<boost::json::value> decode_json(std::string_view body);

// An object of this type. `content_type` is JSON or YAML (415 otherwise); 400 when it is malformed, of
// another kind, or a field is of the wrong type. apiVersion and kind may be left out.
StoreResult<Object> decode_object(const ResourceType& type, std::string_view content_type,
                                  std::string_view body);

// The same checks for an object that is there already, such as the result of a patch.
StoreResult<Object> check_types(const ResourceType& type, Object object);

}  // namespace meshdrill::lab
