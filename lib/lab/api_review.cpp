#include "lab/api_call.hpp"
#include "lab/api_decode.hpp"
#include "lab/json_access.hpp"

#include <utility>

namespace meshdrill::lab {

// SelfSubjectAccessReview: may I? Answered by the rules that real requests meet.
ApiResponse review_access(const ApiCall& call) {
  auto review = decode_object(call.type(), call.request.content_type, call.request.body);
  if (!review) return to_response(review.error());
  const Object* const attributes = find_object(*review, {"spec", "resourceAttributes"});
  if (attributes == nullptr && find_object(*review, {"spec", "nonResourceAttributes"}) == nullptr) {
    return to_response(
        invalid_object(call.type(), "",
                       {{.kind = FieldCause::Kind::invalid,
                         .field = "spec.resourceAttributes",
                         .value = "null",
                         .message = "exactly one of nonResourceAttributes or resourceAttributes "
                                    "must be specified"}}));
  }
  AccessRequest access{.user = call.request.user.name,
                       .verb = {},
                       .group = {},
                       .resource = {},
                       .subresource = {},
                       .ns = {},
                       .name = {}};
  if (attributes != nullptr) {
    access.verb = text_at(*attributes, {"verb"});
    access.group = text_at(*attributes, {"group"});
    access.resource = text_at(*attributes, {"resource"});
    access.subresource = text_at(*attributes, {"subresource"});
    access.ns = text_at(*attributes, {"namespace"});
    access.name = text_at(*attributes, {"name"});
  }
  const bool allowed = attributes == nullptr || call.api.access().allows(access);
  (*review)["status"] = Object{{"allowed", allowed}};
  if (allowed) object_at(*review, {"status"})["reason"] = "nothing denies it";
  return json_response(served(call.type(), *review), 201);
}

}  // namespace meshdrill::lab
