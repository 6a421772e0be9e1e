// What the controllers and the data plane read from Kubernetes objects. Any field may be absent or of another
// type: an object in the API is whatever somebody applied.
#pragma once

#include "lab/api/json_access.hpp"
#include "lab/api/object_store.hpp"

#include <string>
#include <string_view>

#include <boost/json/array.hpp>

namespace meshdrill::lab {

// The value there, or an empty one where there is none.
const Object& fields_at(const Object& object, Path path);
const boost::json::array& items_at(const Object& object, Path path);
bool boolean_at(const Object& object, Path path, bool fallback = false);

std::string uid_of(const Object& object);
std::string annotation(const Object& object, std::string_view key);
std::string label(const Object& object, std::string_view key);
bool being_deleted(const Object& object);  // has a deletionTimestamp

// Whether `labels` has every pair of `wanted`. An empty `wanted` matches nothing, as in a Service's selector.
bool matches_labels(const Object& wanted, const Object& labels);

// The condition of `type` in status.conditions is "True".
bool condition_true(const Object& object, std::string_view type);

// The uid of the controlling owner of `kind`, or "".
std::string controller_uid(const Object& object, std::string_view kind);
// An entry for metadata.ownerReferences that names `owner` as the controller.
Object controller_reference(const Object& owner, std::string_view api_version, std::string_view kind);

// On an EndpointSlice: of which Service it is, and who keeps it.
inline constexpr std::string_view service_name_label = "kubernetes.io/service-name";
inline constexpr std::string_view managed_by_label = "endpointslice.kubernetes.io/managed-by";

// An EndpointSlice's conditions, where null and absence mean what the API says they mean (ready nil = true).
bool endpoint_ready(const Object& endpoint);

// Names an object of one resource.
struct ObjectKey {
  std::string ns;
  std::string name;

  auto operator<=>(const ObjectKey&) const = default;
};

ObjectKey key_of(const Object& object);

// Now, as Kubernetes writes times.
std::string timestamp_now();

}  // namespace meshdrill::lab
