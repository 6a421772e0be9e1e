#include "lab/api/api_call.hpp"
#include "lab/api/api_decode.hpp"
#include "lab/api/json_access.hpp"
#include "lab/api/protobuf.hpp"

#include <utility>

namespace meshdrill::lab {

namespace {

// kubectl 1.32 and later send this kind, and no other the lab has seen, as Protocol Buffers.
StoreResult<Object> decode_review(const ApiCall& call) {
  const ApiRequest& request = call.request;
  if (request.content_type != "application/vnd.kubernetes.protobuf") {
    return decode_object(call.type(), request.content_type, request.body);
  }
  auto review = review_from_protobuf(request.body);
  if (!review) return tl::unexpected(bad_request("the body of the request is no SelfSubjectAccessReview"));
  return *std::move(review);
}

}  // namespace

// SelfSubjectAccessReview: may I? Answered by the rules that real requests meet.
ApiResponse review_access(const ApiCall& call) {
  auto review = decode_review(call);
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
  const bool allowed = attributes == nullptr || call.api.allows(access, call.request.user);
  (*review)["status"] = Object{{"allowed", allowed}};
  if (allowed) object_at(*review, {"status"})["reason"] = "nothing denies it";
  return json_response(served(call.type(), *review), 201);
}

}  // namespace meshdrill::lab
