// How the lists of the served objects merge: what Kubernetes' OpenAPI says in x-kubernetes-list-type,
// x-kubernetes-list-map-keys and x-kubernetes-patch-merge-key, as far as the lab's resources have any.
#pragma once

#include <array>
#include <string_view>

namespace meshdrill::lab {

struct ListSchema {
  enum class Kind { atomic, set, map };

  // For server-side apply: replaced as a whole, a set of values, or items told apart by `keys`.
  Kind kind = Kind::atomic;
  std::array<std::string_view, 2> keys;  // empty ones are none
  // For a strategic merge patch: the key that tells items apart; empty: the list is replaced.
  std::string_view merge_key;
};

// `parent` is the name of the field around the list (that of the list, for an item of one).
ListSchema list_schema(std::string_view parent, std::string_view field);

// Whether server-side apply takes the object in this field as one value.
bool is_atomic_object(std::string_view parent, std::string_view field);

}  // namespace meshdrill::lab
