#include "lab/api/api_status.hpp"

#include <utility>

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

namespace meshdrill::lab {

namespace json = boost::json;

namespace {

struct CauseWords {
  std::string_view reason;
  std::string_view words;
};

CauseWords words_of(FieldCause::Kind kind) {
  switch (kind) {
    case FieldCause::Kind::required:
      return {"FieldValueRequired", "Required value"};
    case FieldCause::Kind::not_supported:
      return {"FieldValueNotSupported", "Unsupported value"};
    case FieldCause::Kind::forbidden:
      return {"FieldValueForbidden", "Forbidden"};
    case FieldCause::Kind::invalid:
      break;
  }
  return {"FieldValueInvalid", "Invalid value"};
}

std::string sentence(const FieldCause& cause) {
  std::string text(words_of(cause.kind).words);
  if (!cause.value.empty()) text += ": " + cause.value;
  if (!cause.message.empty()) text += ": " + cause.message;
  return text;
}

}  // namespace

StoreError bad_request(std::string message) {
  return {.code = 400, .reason = "BadRequest", .message = std::move(message)};
}

StoreError unauthorized() {
  return {.code = 401, .reason = "Unauthorized", .message = "Unauthorized"};
}

StoreError forbidden(std::string message) {
  return {.code = 403, .reason = "Forbidden", .message = std::move(message)};
}

StoreError path_not_found() {
  return {.code = 404, .reason = "NotFound", .message = "the server could not find the requested resource"};
}

StoreError method_not_allowed() {
  return {.code = 405,
          .reason = "MethodNotAllowed",
          .message = "the server does not allow this method on the requested resource"};
}

StoreError not_acceptable() {
  return {.code = 406,
          .reason = "NotAcceptable",
          .message =
              "only the following media types are accepted: application/json, "
              "application/json;as=Table;v=v1;g=meta.k8s.io"};
}

StoreError unsupported_media_type(std::string_view accepted) {
  return {.code = 415,
          .reason = "UnsupportedMediaType",
          .message = fmt::format("the body of the request was in an unknown format - accepted media types "
                                 "include: {}",
                                 accepted)};
}

StoreError too_many_requests(int retry_after_seconds) {
  return {.code = 429,
          .reason = "TooManyRequests",
          .message = "Too many requests, please try again later.",
          .details = {{"retryAfterSeconds", retry_after_seconds}}};
}

StoreError denied_by_webhook() {
  return {.code = 403,
          .reason = "Forbidden",
          .message = R"(admission webhook "policy.lab.meshdrill.io" denied the request: the lab was told to )"
                     R"(refuse writes)"};
}

StoreError internal_error(std::string message) {
  return {
      .code = 500, .reason = "InternalError", .message = "Internal error occurred: " + std::move(message)};
}

StoreError invalid_object(const ResourceType& type, std::string_view name,
                          const std::vector<FieldCause>& causes) {
  std::string kind(type.kind);
  if (!type.group.empty()) kind.append(".").append(type.group);
  std::string why;
  json::array list;
  for (const FieldCause& cause : causes) {
    if (!why.empty()) why += ", ";
    why += cause.field + ": " + sentence(cause);
    list.push_back(json::object{
        {"reason", words_of(cause.kind).reason}, {"message", sentence(cause)}, {"field", cause.field}});
  }
  if (causes.size() > 1) why = "[" + why + "]";
  return {.code = 422,
          .reason = "Invalid",
          .message = fmt::format(R"({} "{}" is invalid: {})", kind, name, why),
          .details = {{"name", name}, {"group", type.group}, {"kind", type.kind}, {"causes", list}}};
}

StoreError too_old(std::uint64_t version, std::uint64_t newest) {
  return {.code = 410,
          .reason = "Expired",
          .message = fmt::format("too old resource version: {} ({})", version, newest)};
}

json::object to_status(const StoreError& error) {
  json::object status{{"kind", "Status"},    {"apiVersion", "v1"},       {"metadata", json::object()},
                      {"status", "Failure"}, {"message", error.message}, {"reason", error.reason}};
  if (!error.details.empty()) status["details"] = error.details;
  status["code"] = error.code;
  return status;
}

ApiResponse to_response(const StoreError& error) {
  ApiResponse response = json_response(to_status(error), error.code);
  if (const json::value* const seconds = error.details.if_contains("retryAfterSeconds")) {
    response.headers.emplace_back("Retry-After", json::serialize(*seconds));
  }
  return response;
}

ApiResponse json_response(const json::object& object, int status) {
  ApiResponse response;
  response.status = status;
  response.body = json::serialize(object) + "\n";
  return response;
}

}  // namespace meshdrill::lab
