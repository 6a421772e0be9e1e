#include "kube/codec.hpp"

#include "base/text.hpp"
#include "kube/json_fields.hpp"
#include "kube/percent.hpp"

#include <algorithm>

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

namespace meshdrill::kube {

namespace json = boost::json;
using Stage = HttpFailure::Stage;
using Cause = HttpFailure::Cause;

std::string_view to_string(Method method) {
  switch (method) {
    case Method::get:
      return "GET";
    case Method::put:
      return "PUT";
    case Method::post:
      return "POST";
    case Method::patch:
      return "PATCH";
    case Method::remove:
      return "DELETE";
  }
  return "?";
}

namespace {

// Go's names for keys of user-extra: percent-encoded where a header's name may not hold them.
std::string header_key(const std::string& key) {
  static constexpr std::string_view token =
      "!#$&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
  std::string encoded;
  for (const char c : key) {
    const bool plain = token.find(c) != std::string_view::npos;
    encoded += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return encoded;
}

}  // namespace

Headers impersonation_headers(const Impersonation& impersonation) {
  Headers headers;
  if (impersonation.user.empty()) return headers;
  headers.emplace_back("Impersonate-User", impersonation.user);
  if (!impersonation.uid.empty()) headers.emplace_back("Impersonate-Uid", impersonation.uid);
  for (const std::string& group : impersonation.groups) headers.emplace_back("Impersonate-Group", group);
  for (const auto& [key, values] : impersonation.extra) {
    for (const std::string& value : values)
      headers.emplace_back("Impersonate-Extra-" + header_key(key), value);
  }
  return headers;
}

Result<HttpRequest> encode_request(const Connection& connection, const Request& request) {
  const auto breaks_the_line = [](char c) { return c <= ' ' || c == '\x7f' || c == '?' || c == '#'; };
  if (!request.path.starts_with('/') ||
      std::any_of(request.path.begin(), request.path.end(), breaks_the_line))
    return fail("the path is not one");
  HttpRequest encoded;
  encoded.verb = to_string(request.method);
  encoded.target = connection.path_prefix + request.path;
  encoded.headers = impersonation_headers(connection.impersonation);
  char separator = '?';
  const auto add = [&](std::string_view key, std::string_view value) {
    encoded.target += separator + percent_encode(key) + '=' + percent_encode(value);
    separator = '&';
  };
  for (const auto& [key, value] : request.query) add(key, value);
  if (request.dry_run) add("dryRun", "All");
  if (request.body) {
    encoded.content_type = request.content_type;
    // A DELETE with a body takes all its options from there: the API then passes over those of the query.
    json::value body = *request.body;
    if (request.method == Method::remove && request.dry_run && body.is_object())
      body.get_object()["dryRun"] = json::array{"All"};
    encoded.body = json::serialize(body);
  }
  return encoded;
}

bool is_repeatable(const Request& request) {
  return request.method == Method::get || request.changes_nothing || request.dry_run;
}

Result<json::value> decode_body(std::string_view body) {
  if (body.empty()) return json::value();
  json::parse_options options;
  options.max_depth = 128;
  boost::system::error_code error;
  json::value value = json::parse(body, error, {}, options);
  if (error) return fail("the answer is not JSON that can be read: " + error.message());
  return value;
}

ApiError error_about(const Connection& connection, const Request& request, ApiError::Kind kind,
                     std::string message) {
  ApiError error;
  error.kind = kind;
  error.cluster = connection.name;
  error.verb = to_string(request.method);
  error.object = connection.path_prefix + request.path;
  error.message = std::move(message);
  return error;
}

ApiError failed_request(const Connection& connection, const Request& request, const HttpFailure& failure) {
  auto kind = ApiError::Kind::transport;
  if (failure.cause == Cause::timeout) kind = ApiError::Kind::timeout;
  if (failure.cause == Cause::cancelled) kind = ApiError::Kind::cancelled;
  std::string message = failure.message;
  // A write that broke off while sending cannot have been carried out: the server waits for the rest of the
  // body. One that was stopped by us may have been on its way whole.
  const bool may_have_arrived =
      failure.stage == Stage::read || (failure.stage == Stage::write && failure.cause != Cause::broken);
  if (!is_repeatable(request) && may_have_arrived) {
    kind = ApiError::Kind::ambiguous;
    message += "; the request was sent, so it may have been carried out";
  }
  return error_about(connection, request, kind, std::move(message));
}

void read_status(const json::value& status, ApiError& error) {
  error.reason = printable(text_field(status, "/reason"));
  error.message = printable(text_field(status, "/message"));
  if (const json::value* details = field(status, "/details")) error.details = *details;
  const auto seconds = integer_field(status, "/details/retryAfterSeconds");
  if (!error.retry_after && seconds > 0 && seconds < 86'400)
    error.retry_after = std::chrono::seconds{seconds};
}

std::string without_secret(std::string text, const std::string& authorization) {
  const std::string secret = authorization.substr(authorization.find(' ') + 1);
  if (secret.empty()) return text;
  for (auto at = text.find(secret); at != std::string::npos; at = text.find(secret, at))
    text.replace(at, secret.size(), "***");
  return text;
}

ApiError refused_request(const Connection& connection, const Request& request, const ResponseHead& head,
                         std::string_view body) {
  ApiError error = error_about(connection, request, ApiError::Kind::api, {});
  error.http_status = head.status;
  error.retry_after = head.retry_after;
  const auto status = decode_body(body);
  if (status && status->is_object()) {
    read_status(*status, error);
  } else {
    // A proxy's page: its first words help more than nothing.
    error.message = printable(body.substr(0, 200));
  }
  return error;
}

}  // namespace meshdrill::kube
