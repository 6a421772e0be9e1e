#include "probe/ask/exchange.hpp"

#include "probe/ask/answer_parser.hpp"

#include <algorithm>
#include <optional>
#include <utility>

#include <boost/beast/http/error.hpp>

namespace meshdrill::probe {
namespace {

namespace http = boost::beast::http;
using std::chrono::microseconds;

constexpr std::size_t no_connection = SIZE_MAX;  // of establish()
// No SYN is repeated sooner (RFC 6298 has 1 s); spares the others a system call.
constexpr Duration first_syn_repeat = std::chrono::milliseconds{200};
constexpr std::size_t most_spare = 256;  // connections kept for their memory
// Of a chunk's head, which Beast does not bound; headers have a limit of their own.
constexpr std::size_t most_unread = 65'536;

microseconds between(Clock::time_point start, Clock::time_point end) {
  return std::chrono::duration_cast<microseconds>(end - start);
}

// Out of descriptors, memory or ports here, or no address here to connect from: nothing left this machine.
bool is_our_own(const error_code& error) {
  namespace errc = boost::system::errc;
  return error == errc::too_many_files_open || error == errc::too_many_files_open_in_system ||
         error == errc::no_buffer_space || error == errc::not_enough_memory ||
         error == errc::address_not_available;
}

void set_connect_failure(Sample& sample, const error_code& error) {
  if (error == asio::error::timed_out) {
    sample.outcome = Outcome::connect_timeout;
  } else if (error == asio::error::connection_refused) {
    sample.outcome = Outcome::connect_refused;
  } else {
    sample.outcome = is_our_own(error) ? Outcome::not_sent : Outcome::connect_error;
    sample.detail = error.message();
  }
}

// A wait that did not end with a ready socket. `late` is the bucket of the phase it was in.
void set_late(Sample& sample, Wake wake, Outcome late) {
  sample.outcome = wake == Wake::timed_out ? late : Outcome::cancelled;
}

// What went wrong on a connection that had been established. `lost` is the bucket of the phase it was in.
void set_lost(Sample& sample, const Connection& connection, Io state, Outcome lost) {
  sample.outcome = lost;
  if (state != Io::failed) return;
  if (connection.tls_error().empty()) {
    sample.detail = connection.system_error().message();
  } else {
    // TLS 1.3 tells a client that its certificate is not wanted only after the handshake.
    sample.outcome = Outcome::tls_error;
    sample.detail = connection.tls_error();
  }
}

void set_parse_failure(Sample& sample, const error_code& error) {
  const bool large = error == http::error::body_limit || error == http::error::header_limit ||
                     error == http::error::buffer_overflow;
  sample.outcome = large ? Outcome::answer_too_large : Outcome::protocol_error;
  if (!large) sample.detail = error.message();
}

bool is_redirect(int status) {
  return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

}  // namespace

// An answer that is coming in.
struct Exchanger::Reading {
  Reading(Connection& connection, std::size_t limit, bool with_body, const std::string& wanted_header,
          Clock::time_point request_begun)
      : body_limit(limit), has_body(with_body), header(wanted_header), begin(request_begun) {
    connection.body.clear();
    connection.unread.clear();
    parser.emplace(connection.body, body_limit, has_body, header);
  }

  // Gives the parser what has been read. Wanting more is no error.
  error_code feed(Connection& connection, std::string_view received);
  void note_time(Sample& sample) const {
    if (first_byte) {
      sample.phases.answer += between(*first_byte, Clock::now());
    } else {
      sample.phases.first_byte += between(begin, Clock::now());
    }
  }

  std::size_t body_limit;
  bool has_body;
  const std::string& header;
  Clock::time_point begin;
  std::optional<Clock::time_point> first_byte;
  std::optional<AnswerParser> parser;
};

error_code Exchanger::Reading::feed(Connection& connection, std::string_view received) {
  const bool joined = !connection.unread.empty();
  if (joined) received = connection.unread.append(received);
  error_code error;
  while (!error && !received.empty() && !parser->is_done()) {
    received.remove_prefix(parser->put(asio::buffer(received), error));
    // 100 Continue, 103 Early Hints: the answer proper is still to come.
    if (parser->is_done() && parser->status() / 100 == 1)
      parser.emplace(connection.body, body_limit, has_body, header);
  }
  if (joined) {
    connection.unread.erase(0, connection.unread.size() - received.size());
  } else {
    connection.unread = received;
  }
  if (error == http::error::need_more) error = {};
  if (!error && connection.unread.size() > most_unread) error = http::error::buffer_overflow;
  return error;
}

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
  Reading reading(peer, body_limit_, !request.is_head, judge_.header(), begin);
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
      kind == ConnectionKind::reused && reading.parser->keep_alive() && connection.unread.empty();
  if (max_redirects_ > 0) location_ = reading.parser->location();
  judge_.judge(sample, reading.parser->status(), connection.body, reading.parser->header());
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

// Connects, and says how many of `first_bytes` were sent in the same go; or no_connection, with the outcome
// set.
Task<std::size_t> Exchanger::establish(Sample& sample, Connection& connection, const Target& target,
                                       std::string_view first_bytes, Clock::time_point deadline) {
  const auto begin = Clock::now();
  connection.opened = begin;
  if (connection.open(*sample.address, target.port) == Io::failed) {
    set_connect_failure(sample, connection.system_error());
    co_return no_connection;
  }
  const bool tls = target.scheme == Scheme::https;
  // Nearby servers have accepted by now; then there is nothing to wait for.
  IoResult sent{Io::wants_write, 0};
  if (!tls && !first_bytes.empty()) sent = connection.send(first_bytes);
  error_code error = sent.state == Io::failed ? connection.system_error() : error_code{};
  if (sent.state == Io::wants_write) {
    const auto connect_by = std::min(deadline, begin + timeouts_.connect);
    const Wake wake = co_await poller_.wait(connection.fd(), Poller::writable, connect_by);
    if (wake != Wake::ready) {
      sample.phases.connect += between(begin, Clock::now());
      sample.syn_retransmits = connection.syn_retransmits();
      set_late(sample, wake, Outcome::connect_timeout);
      co_return no_connection;
    }
    error = connection.finish_connecting();
    // It was established, and reset since: reading will tell.
    if (error == asio::error::connection_reset) error = {};
  }
  connection.ready = Clock::now();
  sample.phases.connect += between(begin, connection.ready);
  if (sample.phases.connect >= first_syn_repeat) sample.syn_retransmits = connection.syn_retransmits();
  if (error) {
    set_connect_failure(sample, error);
    co_return no_connection;
  }
  connection.note_local_port();
  if (tls) {
    const bool secured = co_await shake_hands(sample, connection, target, deadline);
    if (!secured) co_return no_connection;
  }
  co_return sent.count;
}

Task<bool> Exchanger::shake_hands(Sample& sample, Connection& connection, const Target& target,
                                  Clock::time_point deadline) {
  const auto begin = Clock::now();
  const auto shake_by = std::min(deadline, begin + timeouts_.tls);
  connection.start_tls(*tls_, target);
  sample.local_port = connection.local_port;
  for (;;) {
    const IoResult result = connection.shake_hands();
    if (result.state == Io::done || result.state == Io::ended || result.state == Io::failed) {
      connection.ready = Clock::now();
      sample.phases.tls += between(begin, connection.ready);
      if (result.state == Io::done) co_return true;
      set_lost(sample, connection, result.state, Outcome::tls_error);
      if (result.state == Io::ended) sample.detail = "connection closed in the handshake";
      co_return false;
    }
    const auto event = result.state == Io::wants_write ? Poller::writable : Poller::readable;
    const Wake wake = co_await poller_.wait(connection.fd(), event, shake_by);
    if (wake == Wake::ready) continue;
    sample.phases.tls += between(begin, Clock::now());
    set_late(sample, wake, Outcome::tls_timeout);
    co_return false;
  }
}

// Sends what the first attempt, whose result this is, left of `rest`. True when all of it is on its way, or
// the server does not want more: it may have answered all the same.
Task<bool> Exchanger::write(Sample& sample, Connection& connection, std::string_view rest, IoResult result,
                            Clock::time_point begin, Clock::time_point write_by) {
  for (;; result = connection.send(rest)) {
    rest.remove_prefix(result.count);
    if (rest.empty() || result.state == Io::ended) co_return true;
    if (result.state == Io::done) continue;
    Wake wake = Wake::ready;
    if (result.state != Io::failed) {
      const auto event = result.state == Io::wants_write ? Poller::writable : Poller::readable;
      wake = co_await poller_.wait(connection.fd(), event, write_by);
      if (wake == Wake::ready) continue;
      set_late(sample, wake, Outcome::timeout_first_byte);
    } else {
      set_lost(sample, connection, result.state, Outcome::reset_before_first_byte);
    }
    sample.phases.first_byte += between(begin, Clock::now());
    co_return false;
  }
}

// True when the answer came to its end; the outcome is set either way.
Task<bool> Exchanger::read(Sample& sample, Connection& connection, Reading& reading,
                           Clock::time_point deadline) {
  const auto answer_by = std::min(deadline, reading.begin + timeouts_.first_byte);
  bool at_once = true;  // the whole answer in one read: no time between its first byte and its last
  for (bool look = connection.worth_receiving();;) {
    IoResult result{Io::wants_read, 0};
    if (look) result = connection.receive(received_);
    if (result.state == Io::wants_read || result.state == Io::wants_write) {
      const auto event = result.state == Io::wants_write ? Poller::writable : Poller::readable;
      const auto until = reading.first_byte ? deadline : answer_by;
      const Wake wake = co_await poller_.wait(connection.fd(), event, until);
      look = true;
      if (wake == Wake::ready) continue;
      reading.note_time(sample);
      set_late(sample, wake, reading.first_byte ? Outcome::timeout_in_answer : Outcome::timeout_first_byte);
      co_return false;
    }
    if (result.state == Io::done && !reading.first_byte) {
      reading.first_byte = Clock::now();
      sample.phases.first_byte += between(reading.begin, *reading.first_byte);
    }
    const bool more = take_in(sample, connection, reading, result);
    if (!more) break;
    // A plain socket that gave less than it could is empty; OpenSSL may hold a record more.
    look = connection.has_tls() || result.count == received_.size();
    at_once = false;
  }
  if (!at_once || !reading.first_byte) reading.note_time(sample);
  co_return reading.parser->is_done();
}

// Gives the parser what was received. False when there is nothing more to read: the answer is complete, or
// the outcome is set.
bool Exchanger::take_in(Sample& sample, Connection& connection, Reading& reading, const IoResult& result) {
  error_code error;
  if (result.state == Io::done) {
    error = reading.feed(connection, {received_.data(), result.count});
  } else if (result.state == Io::ended && reading.first_byte) {
    reading.parser->put_eof(error);
  }
  if (reading.parser->is_done()) return false;
  if (error && error != http::error::partial_message) {
    set_parse_failure(sample, error);
    return false;
  }
  if (result.state == Io::done) return true;
  set_lost(sample, connection, result.state,
           reading.first_byte ? Outcome::reset_in_answer : Outcome::reset_before_first_byte);
  return false;
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
