#include "probe/ask/failures.hpp"

#include <boost/beast/http/error.hpp>

namespace meshdrill::probe {
namespace {

namespace http = boost::beast::http;

// Out of descriptors, memory or ports here, or no address here to connect from: nothing left this machine.
bool is_our_own(const error_code& error) {
  namespace errc = boost::system::errc;
  return error == errc::too_many_files_open || error == errc::too_many_files_open_in_system ||
         error == errc::no_buffer_space || error == errc::not_enough_memory ||
         error == errc::address_not_available;
}

}  // namespace

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

void set_late(Sample& sample, Wake wake, Outcome late) {
  sample.outcome = wake == Wake::timed_out ? late : Outcome::cancelled;
}

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

}  // namespace meshdrill::probe
