// One request carried from an ingress to a backend and back. Includes Beast: for the ingress' own files only.
#pragma once

#include "base/duration.hpp"
#include "lab/net/http_types.hpp"
#include "lab/net/service_backends.hpp"

#include <optional>
#include <string_view>

namespace meshdrill::lab {

// An open connection to a backend.
struct Upstream {
  Upstream(Executor executor, Backend target) : backend(std::move(target)), stream(executor) {}

  Backend backend;
  HttpStream stream;
};

enum class ExchangeResult { answered, failed, timed_out };

struct ExchangeTimeouts {
  Duration connect;
  Duration read;
};

Task<ExchangeResult> connect_upstream(Upstream& upstream, std::uint16_t port, ExchangeTimeouts timeouts);
// `response` is whole when answered.
Task<ExchangeResult> exchange(Upstream& upstream, const HttpRequest& request, ExchangeTimeouts timeouts,
                              HttpResponse& response);

// Whether the backend has neither closed the connection nor sent anything that nobody asked for.
bool still_open(Upstream& upstream);

// The request as the backend gets it: without the client's hop-by-hop fields, with X-Forwarded-….
HttpRequest to_upstream(const HttpRequest& request, const asio::ip::tcp::endpoint& client,
                        std::uint16_t listening_port);
// The answer as the client gets it. `request` is the client's.
HttpResponse to_client(const HttpResponse& response, const HttpRequest& request);
// A page of the ingress' own: 404, 502, ….
HttpResponse error_page(http::status status, unsigned version, bool keep_alive);

// What may be sent again on another connection when one broke before an answer came (RFC 9110, 9.2.2).
bool idempotent(http::verb method);

}  // namespace meshdrill::lab
