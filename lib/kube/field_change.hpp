// Sets one field of an object, never over somebody else's change: an annotation of a Service, a node selector
// of a DaemonSet.
#pragma once

#include "kube/client.hpp"
#include "kube/guarded_change.hpp"
#include "kube/resource.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json/value.hpp>

namespace meshdrill::kube {

// Where a field is: the names from the object down, unescaped. Lists have no names, so it never leads into
// one. {"metadata", "annotations", "service.cilium.io/shared"}
using FieldPath = std::vector<std::string>;

FieldPath replicas_field();
FieldPath annotation_field(std::string_view key);
// "metadata.annotations[service.cilium.io/shared]": how messages name it.
std::string to_string(const FieldPath& path);

// A field's value: a string, number or boolean; nullopt when the field is absent. An absent map above it
// makes it absent.
using FieldValue = std::optional<boost::json::value>;

FieldValue field_value(const boost::json::value& object, const FieldPath& path);

// What set_field is to do. `uid` and `expected` say whose object and which value it may replace.
struct FieldChange {
  std::string uid;
  FieldPath path;
  FieldValue expected;
  FieldValue wanted;                            // nullopt: the field is taken away
  Duration timeout = std::chrono::seconds{30};  // for everything together
};

struct FieldResult {
  ChangeOutcome outcome = ChangeOutcome::failed;
  bool read = false;              // whether `seen` is known
  FieldValue seen;                // the value that the API gave last
  boost::json::value object;      // the object that the API gave last; null when none
  std::optional<ApiError> error;  // the last error met, if any; also one that was overcome
  int writes = 0;                 // PATCHes sent
};

// Reads, checks uid and value, and sends a merge patch guarded by the resourceVersion; conflicts and lost
// answers are dealt with as in set_replicas. A value that is a map or a list is `failed` with an `invalid`
// error, because a merge patch would mix it with what stands there.
Task<FieldResult> set_field(Client& client, ObjectRef object, FieldChange change);

// One such patch without effect (dryRun=All): whether it would be admitted. The result is the object as it
// would stand.
Task<ApiResult<boost::json::value>> try_field(Client& client, ObjectRef object, FieldPath path,
                                              FieldValue wanted);

}  // namespace meshdrill::kube
