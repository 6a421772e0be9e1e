// As much of Protocol Buffers' wire format as the API needs: kubectl asks for its OpenAPI document in it, and
// newer ones ask what they may do in it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json/object.hpp>

namespace meshdrill::lab {

// One length-delimited field.
std::string protobuf_field(unsigned number, std::string_view content);

struct ProtobufField {
  unsigned number = 0;
  std::string_view content;  // empty for numbers, which nothing here reads
};

// The fields of a message; nullopt when it is malformed. They point into `message`.
std::optional<std::vector<ProtobufField>> parse_protobuf(std::string_view message);

// A SelfSubjectAccessReview in Kubernetes' envelope (application/vnd.kubernetes.protobuf), as the JSON that
// says the same; nullopt when it is none.
std::optional<boost::json::object> review_from_protobuf(std::string_view body);

}  // namespace meshdrill::lab
