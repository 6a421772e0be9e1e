#include "lab/net/ingress_exchange.hpp"

#include <array>
#include <cerrno>
#include <sys/socket.h>

#include <fmt/format.h>

namespace meshdrill::lab {
namespace {

constexpr std::uint64_t response_limit = std::uint64_t{64} << 20;
constexpr std::array hop_by_hop = {
    http::field::connection,        http::field::keep_alive, http::field::te,
    http::field::proxy_connection,  http::field::upgrade,    http::field::trailer,
    http::field::transfer_encoding, http::field::expect};

ExchangeResult result_of(const error_code& error) {
  if (!error) return ExchangeResult::answered;
  return error == beast::error::timeout ? ExchangeResult::timed_out : ExchangeResult::failed;
}

bool has_no_body(http::status status) {
  return status == http::status::no_content || status == http::status::not_modified;
}

}  // namespace

Task<ExchangeResult> connect_upstream(Upstream& upstream, std::uint16_t port, ExchangeTimeouts timeouts) {
  error_code error;
  const asio::ip::address address = asio::ip::make_address(upstream.backend.address, error);
  if (error) co_return ExchangeResult::failed;
  const asio::ip::tcp::endpoint endpoint(address, port);
  upstream.stream.expires_after(timeouts.connect);
  const auto [failed] = co_await upstream.stream.async_connect(endpoint, try_await);
  co_return result_of(failed);
}

Task<ExchangeResult> exchange(Upstream& upstream, const HttpRequest& request, ExchangeTimeouts timeouts,
                              HttpResponse& response) {
  upstream.stream.expires_after(timeouts.read);
  const auto [not_sent, sent] = co_await http::async_write(upstream.stream, request, try_await);
  if (not_sent) co_return result_of(not_sent);
  http::response_parser<http::string_body> parser;
  parser.body_limit(response_limit);
  parser.skip(request.method() == http::verb::head);
  beast::flat_buffer buffer;
  upstream.stream.expires_after(timeouts.read);
  const auto [not_read, read] = co_await http::async_read(upstream.stream, buffer, parser, try_await);
  if (not_read) co_return result_of(not_read);
  upstream.stream.expires_never();
  response = parser.release();
  co_return ExchangeResult::answered;
}

bool still_open(Upstream& upstream) {
  char byte = 0;
  const auto got = ::recv(upstream.stream.socket().native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return got < 0 && (errno == EAGAIN);
}

HttpRequest to_upstream(const HttpRequest& request, const asio::ip::tcp::endpoint& client,
                        std::uint16_t listening_port) {
  HttpRequest sent = request;
  for (const http::field field : hop_by_hop) sent.erase(field);
  sent.version(11);
  const std::string address = client.address().to_string();
  sent.set("X-Real-IP", address);
  sent.set("X-Forwarded-For", address);
  sent.set("X-Forwarded-Host", request[http::field::host]);
  sent.set("X-Forwarded-Port", std::to_string(listening_port));
  sent.set("X-Forwarded-Proto", "http");
  sent.set("X-Forwarded-Scheme", "http");
  sent.set("X-Scheme", "http");
  sent.prepare_payload();
  return sent;
}

HttpResponse to_client(const HttpResponse& response, const HttpRequest& request) {
  HttpResponse sent = response;
  const bool head = request.method() == http::verb::head;
  for (const http::field field : hop_by_hop) sent.erase(field);
  sent.erase(http::field::server);  // ingress-nginx names no server (server-tokens is off)
  sent.version(request.version());
  sent.keep_alive(request.keep_alive());
  if (!head && !has_no_body(sent.result())) sent.content_length(sent.body().size());
  return sent;
}

HttpResponse error_page(http::status status, unsigned version, bool keep_alive) {
  HttpResponse response(status, version);
  const std::string_view reason{http::obsolete_reason(status).data(), http::obsolete_reason(status).size()};
  response.set(http::field::content_type, "text/html");
  response.body() = fmt::format("<html><body><h1>{} {}</h1><p>nginx</p></body></html>\n",
                                static_cast<unsigned>(status), reason);
  response.keep_alive(keep_alive);
  response.content_length(response.body().size());
  return response;
}

bool idempotent(http::verb method) {
  switch (method) {
    case http::verb::get:
    case http::verb::head:
    case http::verb::put:
    case http::verb::delete_:
    case http::verb::options:
    case http::verb::trace:
      return true;
    default:
      return false;
  }
}

}  // namespace meshdrill::lab
