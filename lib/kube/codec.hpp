// What goes over the wire, and what comes back, as values.
#pragma once

#include "base/result.hpp"
#include "kube/client.hpp"
#include "kube/http_session.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/json/value.hpp>

namespace meshdrill::kube {

constexpr std::size_t body_limit = std::size_t{64} << 20;

using Headers = std::vector<std::pair<std::string, std::string>>;

// Impersonate-User and what belongs to it; none without a user.
Headers impersonation_headers(const Impersonation& impersonation);

// Everything but the proof of who we are. Fails on a path that would break the request line.
Result<HttpRequest> encode_request(const Connection& connection, const Request& request);

// Whether repeating it can do no harm.
bool is_repeatable(const Request& request);

// JSON at most 128 levels deep (Kubernetes' own objects reach beyond Boost's default of 32); null when empty.
Result<boost::json::value> decode_body(std::string_view body);

// An error with cluster, verb and object filled in.
ApiError error_about(const Connection& connection, const Request& request, ApiError::Kind kind,
                     std::string message);
// A failure below HTTP; for a write that may have reached the server, `ambiguous`.
ApiError failed_request(const Connection& connection, const Request& request, const HttpFailure& failure);
// The server's refusal. A body that is a Status gives reason, message and details.
ApiError refused_request(const Connection& connection, const Request& request, const ResponseHead& head,
                         std::string_view body);
// What servers and proxies say may repeat what we sent: `text` with *** in place of the secret of an
// Authorization header.
std::string without_secret(std::string text, const std::string& authorization);
// Puts the fields of a Status object into `error`.
void read_status(const boost::json::value& status, ApiError& error);

}  // namespace meshdrill::kube
