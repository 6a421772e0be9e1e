// Why a request to the Kubernetes API did not give what was asked for.
#pragma once

#include "base/duration.hpp"

#include <optional>
#include <string>

#include <boost/json/value.hpp>
#include <tl/expected.hpp>

namespace meshdrill::kube {

struct ApiError {
  enum class Kind {
    invalid,    // the request itself makes no sense; nothing was sent
    transport,  // not connected, TLS refused, connection lost, unreadable answer; a write was not carried out
    timeout,    // no answer in time; a write was not carried out
    cancelled,  // the caller cancelled; a write was not carried out
    ambiguous,  // a write went out and its answer is lost: settle it by reading, never by assuming
    api         // the API answered, and the answer is no
  };

  Kind kind = Kind::transport;
  std::string cluster;  // Connection::name
  std::string verb;     // GET, PUT, …
  std::string object;   // the path, without query
  int http_status = 0;  // of Kind::api, and of an answer that could not be read
  std::string reason;   // of the API's Status: Conflict, NotFound, AlreadyExists, Expired, …; may be empty
  std::string message;  // the API's own, or what went wrong below it; printable, no secrets
  std::optional<Duration> retry_after;
  boost::json::value details;  // of the API's Status; null when it had none

  [[nodiscard]] bool is(int status) const { return kind == Kind::api && http_status == status; }
  [[nodiscard]] bool not_found() const { return is(404); }
  [[nodiscard]] bool conflict() const { return is(409); }
  // Of a write: it may have been carried out all the same. That is so for `ambiguous`, and for answers of 500
  // and above: a 504 says that the API stopped waiting for its store, a 502 is a proxy's guess.
  [[nodiscard]] bool fate_unknown() const;
};

template <class T>
using ApiResult = tl::expected<T, ApiError>;

// "cilium-001: PUT /apis/…/scale: HTTP 409 Conflict: the object has been modified".
std::string to_string(const ApiError& error);

}  // namespace meshdrill::kube
