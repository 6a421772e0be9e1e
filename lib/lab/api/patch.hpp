// The three kinds of patch a client may send, as functions from the live object to the patched one. The
// fourth, server-side apply, is in managed_fields.hpp.
#pragma once

#include "lab/api/object_store.hpp"

#include <boost/json/value.hpp>

namespace meshdrill::lab {

// RFC 6902. 400 when the patch is malformed, 422 when it does not fit the object or a test fails.
StoreResult<Object> apply_json_patch(const Object& live, const boost::json::value& patch);

// RFC 7396.
Object apply_merge_patch(Object live, const Object& patch);

// Kubernetes' own: lists merge by their keys; $patch, $retainKeys, $setElementOrder and
// $deleteFromPrimitiveList direct how. 400 when an item lacks its key.
StoreResult<Object> apply_strategic_patch(Object live, const Object& patch);

}  // namespace meshdrill::lab
