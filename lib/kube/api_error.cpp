#include "kube/api_error.hpp"

#include <fmt/format.h>

namespace meshdrill::kube {

bool ApiError::fate_unknown() const {
  if (verb == "GET") return false;
  return kind == Kind::ambiguous || (kind == Kind::api && http_status >= 500);
}

std::string to_string(const ApiError& error) {
  std::string text;
  if (!error.cluster.empty()) text = error.cluster + ": ";
  text += fmt::format("{} {}: ", error.verb, error.object);
  if (error.kind == ApiError::Kind::api) {
    text += fmt::format("HTTP {}", error.http_status);
    if (!error.reason.empty()) text += ' ' + error.reason;
    if (!error.message.empty()) text += ": ";
  }
  return text + error.message;
}

}  // namespace meshdrill::kube
