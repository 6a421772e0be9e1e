// Who owns a field by metadata.managedFields, and how it is given back. A drill that writes a field takes it
// from its owner, and putting the value back does not give the ownership back: the owner's next server-side
// apply with another value fails with a conflict.
#pragma once

#include "kube/client.hpp"
#include "kube/field_change.hpp"
#include "kube/resource.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

namespace meshdrill::kube {

// The name under which our own writes stand in managedFields.
inline constexpr const char* our_field_manager = "meshdrill";

// One entry of metadata.managedFields.
struct FieldOwner {
  std::string manager;      // "helm", "kubectl-client-side-apply", …
  std::string operation;    // Apply or Update
  std::string subresource;  // "scale" or empty
  std::string time;         // RFC 3339, as the API gave it; not part of the identity

  bool operator==(const FieldOwner&) const = default;
};

// "helm (Apply)", "kubectl (Update, scale)".
std::string to_string(const FieldOwner& owner);
std::string to_string(const std::vector<FieldOwner>& owners);  // "nobody" when there are none

// Those whose entry holds `path`, in the order of the list.
std::vector<FieldOwner> field_owners(const boost::json::array& managed_fields, const FieldPath& path);

// `live` with the ownership of `path` as it is in `before`: our own entries lose it, the owners of then have
// it again, everything else stays as it is now. nullopt: it is so already.
std::optional<boost::json::array> with_former_owners(const boost::json::array& live,
                                                     const boost::json::array& before, const FieldPath& path);

struct HandBack {
  enum class Outcome : std::uint8_t {
    handed_back,    // the owners are those of before, and we made it so
    nothing_to_do,  // they were already
    foreign,        // somebody owns the field now who did not before and is not us: left alone
    not_allowed,    // 403: needs patch on the object itself
    gone,           // the object does not exist, or is another one of the same name
    failed,         // nothing was changed; see `error`
    unsettled       // sent, the answer lost, and reading failed up to the deadline
  };

  Outcome outcome = Outcome::failed;
  std::vector<FieldOwner> before;  // of the field, before the drill
  std::vector<FieldOwner> found;   // when hand-back began
  std::vector<FieldOwner> now;     // as the API gave them last
  std::optional<ApiError> error;   // the last error met, if any; also one that was overcome
};

struct HandBackRequest {
  std::string uid;
  FieldPath path;
  boost::json::array before;                    // metadata.managedFields before the drill's first write
  Duration timeout = std::chrono::seconds{20};  // for everything together
};

// Reads the object, and replaces its managedFields guarded by its resourceVersion, over again on a conflict.
// What the API made of it is read back: one that ignores the change gives `failed`.
Task<HandBack> hand_back(Client& client, ObjectRef object, HandBackRequest request);

}  // namespace meshdrill::kube
