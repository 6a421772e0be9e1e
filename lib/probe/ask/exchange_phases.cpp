// The phases of a request, each under its own time-out: connect, TLS, write, read.
#include "probe/ask/exchange.hpp"
#include "probe/ask/failures.hpp"
#include "probe/ask/reading.hpp"

#include <algorithm>

#include <boost/beast/http/error.hpp>

namespace meshdrill::probe {
namespace {

namespace http = boost::beast::http;

// No SYN is repeated sooner (RFC 6298 has 1 s); spares the others a system call.
constexpr Duration first_syn_repeat = std::chrono::milliseconds{200};

}  // namespace

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
  if (note_local_ports_) connection.note_local_port();
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
  co_return reading.is_done();
}

// Gives the parser what was received. False when there is nothing more to read: the answer is complete, or
// the outcome is set.
bool Exchanger::take_in(Sample& sample, Connection& connection, Reading& reading, const IoResult& result) {
  error_code error;
  if (result.state == Io::done) {
    error = reading.feed({received_.data(), result.count});
  } else if (result.state == Io::ended && reading.first_byte) {
    error = reading.feed_end();
  }
  if (reading.is_done()) return false;
  if (error && error != http::error::partial_message) {
    set_parse_failure(sample, error);
    return false;
  }
  if (result.state == Io::done) return true;
  set_lost(sample, connection, result.state,
           reading.first_byte ? Outcome::reset_in_answer : Outcome::reset_before_first_byte);
  return false;
}

}  // namespace meshdrill::probe
