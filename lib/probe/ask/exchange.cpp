#include "probe/ask/exchange.hpp"

#include "probe/ask/reading.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace meshdrill::probe {
namespace {

constexpr std::size_t most_spare = 256;  // connections kept for their memory

bool is_redirect(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

}  // namespace

void ReturnConnection::operator()(Connection* connection) const {
  std::unique_ptr<Connection> owned{connection};
  owned->close();
  if (exchanger->spare_.size() < most_spare) exchanger->spare_.push_back(std::move(owned));
}

Result<> Exchanger::check(const Target& target, const ProbeConfig& config) {
  if (auto done = probe::check(config.request); !done) return done;
  if (config.max_redirects < 0) return fail("redirects: must not be negative");
  if (config.max_requests_per_connection < 0) return fail("requests per connection: must not be negative");
  if (config.max_connection_age < Duration::zero()) return fail("connection age: must not be negative");
  if (target.scheme == Scheme::tcp && config.reused) {
    return fail("connections: with tcp:// the connection is the sample; it cannot be reused");
  }
  if (auto done = parse_statuses(config.expect.status); !done) return tl::unexpected(done.error());
  if (auto done = Judge::check_body(config.expect); !done) return done;
  if (target.scheme != Scheme::https && config.max_redirects == 0) return {};
  if (auto done = TlsClient::make(config.ca_file, config.tls); !done) return tl::unexpected(done.error());
  return {};
}

Result<std::unique_ptr<Exchanger>> Exchanger::make(Poller& poller, const Target& target,
                                                   const ProbeConfig& config, Identifier identifier) {
  auto judge = Judge::make(config, std::move(identifier));
  if (!judge) return tl::unexpected(judge.error());
  std::unique_ptr<Exchanger> exchanger{new Exchanger{poller, target, config, std::move(*judge)}};
  if (target.scheme == Scheme::https || config.max_redirects > 0) {
    auto tls = TlsClient::make(config.ca_file, config.tls);
    if (!tls) return tl::unexpected(tls.error());
    exchanger->tls_ = std::move(*tls);
  }
  return exchanger;
}

Exchanger::Exchanger(Poller& poller, const Target& target, const ProbeConfig& config, Judge judge)
    : poller_(poller),
      request_(make_request(target, config.request)),
      options_(config.request),
      timeouts_(config.timeouts),
      body_limit_(config.body_limit),
      max_redirects_(config.max_redirects),
      max_age_(config.max_connection_age),
      max_requests_(config.max_requests_per_connection),
      closed_loop_(config.closed_loop > 0),
      note_local_ports_(config.note_local_ports),
      judge_(std::move(judge)) {}

Exchanger::~Exchanger() = default;

Exchanger::Request Exchanger::make_request(const Target& target, const RequestOptions& options) {
  if (target.scheme == Scheme::tcp) return {target, {}, {}, false};
  return {target, request_bytes(target, options, false), request_bytes(target, options, true),
          options.method == "HEAD"};
}

ConnectionPtr Exchanger::take_connection() {
  std::unique_ptr<Connection> connection;
  if (spare_.empty()) {
    connection = std::make_unique<Connection>(poller_);
  } else {
    connection = std::move(spare_.back());
    spare_.pop_back();
  }
  return ConnectionPtr{connection.release(), ReturnConnection{this}};
}

Task<> Exchanger::exchange(Sample& sample, ConnectionPtr& connection, ConnectionKind kind,
                           Clock::time_point start) {
  const auto deadline = start + timeouts_.total;
  return max_redirects_ > 0 ? ask_and_follow(sample, connection, kind, deadline)
                            : ask(sample, connection, request_, kind, start, deadline);
}

Task<> Exchanger::ask_and_follow(Sample& sample, ConnectionPtr& connection, ConnectionKind kind,
                                 Clock::time_point deadline) {
  Request request = request_;
  RequestOptions options = options_;
  for (int hops = 0;; ++hops) {
    const auto begin = Clock::now();
    co_await ask(sample, connection, request, kind, begin, deadline);
    if (!connection || !is_redirect(sample.status) || location_.empty() || hops == max_redirects_) co_return;
    const auto next = redirected(request.target, location_);
    if (!next) {
      sample.detail = next.error().message;
      co_return;
    }
    // What browsers do, and RFC 9110 allows: but for 307 and 308 the redirected request asks for a page.
    if (sample.status != 307 && sample.status != 308 && !request.is_head) {
      options.method = "GET";
      options.body.clear();
    }
    if (next->scheme != request.target.scheme || !can_reuse(*connection, true)) connection.reset();
    request = make_request(*next, options);
    sample.detail.clear();
  }
}

// Leaves `connection` set when an answer came to its end.
Task<> Exchanger::ask(Sample& sample, ConnectionPtr& connection, const Request& request, ConnectionKind kind,
                      Clock::time_point begin, Clock::time_point deadline) {
  const std::string_view bytes = request.bytes(kind);
  sample.port = request.target.port;
  std::size_t sent = abandoned_ ? no_connection : 0;
  if (abandoned_) sample.outcome = Outcome::cancelled;
  if (!connection && !abandoned_) {
    connection = take_connection();
    sent = co_await establish(sample, *connection, request.target, bytes, deadline);
    begin = connection->ready;
  }
  if (sent == no_connection) {
    connection.reset();
    co_return;
  }
  Connection& peer = *connection;
  sample.address = peer.address;
  sample.local_port = peer.local_port;
  sample.request_on_connection = ++peer.requests;
  if (request.target.scheme == Scheme::tcp) {
    judge_.judge_connection(sample);
    // In a closed loop our ports would be used up in seconds, if each were to wait for late packets.
    if (closed_loop_) peer.reset_on_close();
    connection.reset();
    co_return;
  }
  const ReadingRules rules{body_limit_, !request.is_head, judge_.header(), known_heads_};
  Reading reading(peer, rules, begin);
  bool complete = true;
  if (sent < bytes.size()) {
    const std::string_view rest = bytes.substr(sent);
    const IoResult first = peer.send(rest);
    if (first.count < rest.size()) {
      const auto write_by = std::min(deadline, reading.begin + timeouts_.first_byte);
      complete = co_await write(sample, peer, rest, first, reading.begin, write_by);
    }
  }
  if (complete) {
    complete = co_await read(sample, peer, reading, deadline);
  }
  if (complete) {
    finish(sample, peer, reading, kind);
  } else {
    connection.reset();
  }
}

void Exchanger::finish(Sample& sample, Connection& connection, const Reading& reading, ConnectionKind kind) {
  // Bytes beyond the answer were not asked for: whoever sent them is not to be trusted with another request.
  connection.keep_alive =
      kind == ConnectionKind::reused && reading.head().keep_alive && connection.unread.empty();
  if (max_redirects_ > 0) location_ = reading.head().location;
  judge_.judge(sample, reading.head().status, connection.body, reading.head().header);
}

Task<bool> Exchanger::connect(Sample& sample, ConnectionPtr& connection, Clock::time_point deadline) {
  connection = take_connection();
  sample.port = request_.target.port;
  const std::size_t sent =
      co_await establish(sample, *connection, request_.target, std::string_view(), deadline);
  if (sent == no_connection) connection.reset();
  co_return sent != no_connection;
}

void Exchanger::give_up(Connection& connection) {
  if (connection.is_open()) poller_.give_up(connection.fd());
}

bool Exchanger::can_reuse(Connection& connection, bool just_used) const {
  if (!connection.keep_alive) return false;
  if (max_requests_ > 0 && connection.requests >= max_requests_) return false;
  if (max_age_ > Duration::zero() && Clock::now() - connection.opened >= max_age_) return false;
  return just_used ? connection.looks_idle() : connection.is_idle();
}

void Exchanger::close(ConnectionPtr connection) {
  connection->close_after_peer();
}

void Exchanger::abandon() {
  abandoned_ = true;
  poller_.cancel();
}

}  // namespace meshdrill::probe
