// Label and field selectors, as they stand in the query of a list.
#pragma once

#include "lab/api/object_store.hpp"

#include <functional>
#include <string_view>

namespace meshdrill::lab {

using Selector = std::function<bool(const Object&)>;

// "app=web,tier!=db,env in (a,b),env notin (c),key,!key". 400 when it is none.
StoreResult<Selector> parse_label_selector(std::string_view text);
// Comparisons of metadata.name, metadata.namespace, spec.nodeName, status.phase, type, reason and
// involvedObject.* with = and !=. 400 for any other field.
StoreResult<Selector> parse_field_selector(std::string_view text);

}  // namespace meshdrill::lab
