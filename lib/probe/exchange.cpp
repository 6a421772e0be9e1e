#include "probe/exchange.hpp"

#include "probe/answer_parser.hpp"

#include <algorithm>
#include <optional>
#include <sys/socket.h>
#include <utility>

#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/error.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/error.hpp>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

namespace meshdrill::probe {
namespace {

namespace beast = boost::beast;
namespace http = boost::beast::http;
namespace ssl = boost::asio::ssl;
using TcpStream = beast::basic_stream<asio::ip::tcp, Executor>;
using TlsStream = ssl::stream<TcpStream&>;
using asio::ip::tcp;
using std::chrono::microseconds;

constexpr std::size_t read_size = 4096;
constexpr std::size_t shown_of_unknown_body = 80;
constexpr Duration patience_at_close = std::chrono::milliseconds{200};

microseconds since(Clock::time_point start) {
  return std::chrono::duration_cast<microseconds>(Clock::now() - start);
}

asio::ip::address to_asio(const IpAddress& address) {
  if (address.family == Family::ipv4) return asio::ip::address_v4{static_cast<std::uint32_t>(address.value)};
  asio::ip::address_v6::bytes_type bytes{};
  uint128 rest = address.value;
  for (auto byte = bytes.rbegin(); byte != bytes.rend(); ++byte, rest >>= 8)
    *byte = static_cast<unsigned char>(rest);
  return asio::ip::address_v6{bytes};
}

// Out of descriptors, memory or ports here, or no address here to connect from: nothing left this machine.
bool is_our_own(const error_code& error) {
  namespace errc = boost::system::errc;
  return error == errc::too_many_files_open || error == errc::too_many_files_open_in_system ||
         error == errc::no_buffer_space || error == errc::not_enough_memory ||
         error == errc::address_not_available;
}

bool is_lost(const error_code& error) {
  return error == asio::error::eof || error == asio::error::connection_reset ||
         error == asio::error::broken_pipe || error == asio::error::connection_aborted ||
         error == ssl::error::stream_truncated;
}

// Fills in how an exchange failed. `timed_out` and `lost` are the buckets of the phase it failed in.
void set_failure(Sample& sample, const error_code& error, Outcome timed_out, Outcome lost) {
  if (error == beast::error::timeout) {
    sample.outcome = timed_out;
  } else if (is_lost(error)) {
    sample.outcome = lost;
  } else {
    sample.outcome = lost;
    sample.detail = error.message();
  }
}

}  // namespace

class Connection {
 public:
  Connection(Exchanger& exchanger, const IpAddress& peer)
      : stream(exchanger.context_), address(peer), open_(exchanger.open_) {
    open_->insert(this);
  }
  ~Connection() { open_->erase(this); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  void close() {
    error_code ignored;
    stream.socket().close(ignored);
  }

  TcpStream stream;
  std::optional<TlsStream> tls;
  IpAddress address;
  std::uint16_t local_port = 0;
  beast::flat_buffer buffer{16'384};
  std::string body;
  int requests = 0;
  bool keep_alive = false;  // both sides said so, and the last answer was read to its end

 private:
  std::shared_ptr<OpenConnections> open_;
};

namespace {

// Gives the parser what has been read. Wanting more is no error.
error_code feed(std::optional<AnswerParser>& parser, Connection& connection, std::size_t body_limit) {
  error_code error;
  while (!error && connection.buffer.size() > 0 && !parser->is_done()) {
    connection.buffer.consume(parser->put(connection.buffer.cdata(), error));
    // 100 Continue, 103 Early Hints: the answer proper is still to come.
    if (parser->is_done() && parser->status() / 100 == 1) parser.emplace(connection.body, body_limit);
  }
  return error == http::error::need_more ? error_code{} : error;
}

void set_parse_failure(Sample& sample, const error_code& error) {
  const bool large = error == http::error::body_limit || error == http::error::header_limit ||
                     error == http::error::buffer_overflow;
  sample.outcome = large ? Outcome::answer_too_large : Outcome::protocol_error;
  if (!large) sample.detail = error.message();
}

}  // namespace

Result<std::unique_ptr<Exchanger>> Exchanger::make(asio::io_context& context, const Target& target,
                                                   const ProbeConfig& config, Identifier identifier) {
  std::unique_ptr<Exchanger> exchanger{new Exchanger{context, target, config, std::move(identifier)}};
  if (target.tls) {
    if (auto done = exchanger->set_up_tls(config.ca_file); !done) return tl::unexpected(done.error());
  }
  return exchanger;
}

Exchanger::Exchanger(asio::io_context& context, const Target& target, const ProbeConfig& config,
                     Identifier identifier)
    : context_(context),
      target_(target),
      timeouts_(config.timeouts),
      body_limit_(config.body_limit),
      identifier_(std::move(identifier)),
      fresh_request_(request_bytes(target, false)),
      reused_request_(request_bytes(target, true)),
      open_(std::make_shared<OpenConnections>()) {}

Exchanger::~Exchanger() = default;

Result<> Exchanger::set_up_tls(const std::string& ca_file) {
  tls_ = std::make_unique<ssl::context>(ssl::context::tls_client);
  tls_->set_verify_mode(ssl::verify_peer);
  SSL_CTX_set_min_proto_version(tls_->native_handle(), TLS1_2_VERSION);
  // No session is resumed: that would skip the certificate, and so hide that a cluster's has a fault.
  SSL_CTX_set_session_cache_mode(tls_->native_handle(), SSL_SESS_CACHE_OFF);
  error_code error;
  if (ca_file.empty()) {
    tls_->set_default_verify_paths(error);
  } else {
    tls_->load_verify_file(ca_file, error);
  }
  if (error) return fail("CA file '" + ca_file + "' cannot be used: " + error.message());
  return {};
}

Task<> Exchanger::exchange(Sample& sample, ConnectionPtr& connection, ConnectionKind kind,
                           Clock::time_point start) {
  const auto deadline = start + timeouts_.total;
  sample.port = target_.port;
  bool connected = connection != nullptr;
  if (!connection) connection = std::make_shared<Connection>(*this, *sample.address);
  Connection& peer = *connection;
  if (!connected && !abandoned_) {
    connected = co_await connect(sample, peer, deadline);
    if (connected && tls_) {
      connected = co_await shake_hands(sample, peer, deadline);
    }
  }
  bool complete = false;
  if (connected) {
    sample.address = peer.address;
    sample.local_port = peer.local_port;
    sample.request_on_connection = ++peer.requests;
    if (peer.tls) {
      TlsStream& stream = *peer.tls;
      complete = co_await converse(sample, peer, stream, kind, deadline);
    } else {
      TcpStream& stream = peer.stream;
      complete = co_await converse(sample, peer, stream, kind, deadline);
    }
  }
  if (!complete) connection.reset();
  if (abandoned_ && !complete) {
    sample.outcome = Outcome::cancelled;
    sample.detail.clear();
  }
}

Task<bool> Exchanger::connect(Sample& sample, ConnectionPtr& connection, Clock::time_point deadline) {
  connection = std::make_shared<Connection>(*this, *sample.address);
  sample.port = target_.port;
  Connection& peer = *connection;
  bool connected = false;
  if (!abandoned_) {
    connected = co_await connect(sample, peer, deadline);
    if (connected && tls_) {
      connected = co_await shake_hands(sample, peer, deadline);
    }
  }
  if (abandoned_) sample.outcome = Outcome::cancelled;
  if (!connected) connection.reset();
  co_return connected;
}

void Exchanger::give_up(Connection& connection) {
  connection.close();
}

Task<bool> Exchanger::connect(Sample& sample, Connection& connection, Clock::time_point deadline) {
  const auto begin = Clock::now();
  const tcp::endpoint endpoint{to_asio(connection.address), target_.port};
  connection.stream.expires_at(std::min(deadline, begin + timeouts_.connect));
  auto [error] = co_await connection.stream.async_connect(endpoint, try_await);
  sample.phases.connect = since(begin);
  if (!error) {
    error_code ignored;
    connection.local_port = connection.stream.socket().local_endpoint(ignored).port();
    connection.stream.socket().set_option(tcp::no_delay{true}, ignored);
    co_return true;
  }
  if (error == beast::error::timeout || error == asio::error::timed_out) {
    sample.outcome = Outcome::connect_timeout;
  } else if (error == asio::error::connection_refused) {
    sample.outcome = Outcome::connect_refused;
  } else {
    sample.outcome = is_our_own(error) ? Outcome::not_sent : Outcome::connect_error;
    sample.detail = error.message();
  }
  co_return false;
}

Task<bool> Exchanger::shake_hands(Sample& sample, Connection& connection, Clock::time_point deadline) {
  const auto begin = Clock::now();
  connection.tls.emplace(connection.stream, *tls_);
  SSL* const native = connection.tls->native_handle();
  // The name is the URL's, whatever address this goes to: that is what the client checks who follows DNS.
  if (target_.literal) {
    X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(native), target_.host.c_str());
  } else {
    // What SSL_set_tlsext_host_name does, whose macro has casts of the old style.
    SSL_ctrl(native, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
             const_cast<char*>(target_.host.c_str()));
    SSL_set_hostflags(native, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    SSL_set1_host(native, target_.host.c_str());
  }
  connection.stream.expires_at(std::min(deadline, begin + timeouts_.tls));
  auto [error] = co_await connection.tls->async_handshake(ssl::stream_base::client, try_await);
  sample.phases.tls = since(begin);
  if (!error) co_return true;
  sample.local_port = connection.local_port;
  sample.outcome = error == beast::error::timeout ? Outcome::tls_timeout : Outcome::tls_error;
  const long verified = SSL_get_verify_result(native);
  if (sample.outcome == Outcome::tls_error) {
    sample.detail = verified == X509_V_OK ? error.message() : X509_verify_cert_error_string(verified);
  }
  co_return false;
}

// Writes the request and reads the answer. True when the answer came to its end; the outcome is set either
// way.
template <class Stream>
Task<bool> Exchanger::converse(Sample& sample, Connection& connection, Stream& stream, ConnectionKind kind,
                               Clock::time_point deadline) {
  const auto begin = Clock::now();
  connection.keep_alive = false;
  connection.body.clear();
  connection.stream.expires_at(std::min(deadline, begin + timeouts_.first_byte));
  const asio::const_buffer request =
      asio::buffer(kind == ConnectionKind::fresh ? fresh_request_ : reused_request_);
  auto [write_error, written] = co_await asio::async_write(stream, request, try_await);
  if (write_error) {
    sample.phases.first_byte = since(begin);
    set_failure(sample, write_error, Outcome::timeout_first_byte, Outcome::reset_before_first_byte);
    co_return false;
  }
  std::optional<Clock::time_point> first_byte;
  std::optional<AnswerParser> parser;
  parser.emplace(connection.body, body_limit_);
  while (!parser->is_done()) {
    const asio::mutable_buffer space = connection.buffer.prepare(read_size);
    auto [read_error, count] = co_await stream.async_read_some(space, try_await);
    connection.buffer.commit(count);
    if (!first_byte) {
      sample.phases.first_byte = since(begin);
      if (count > 0) {
        first_byte = Clock::now();
        connection.stream.expires_at(deadline);
      }
    }
    error_code parse_error = feed(parser, connection, body_limit_);
    if (!parse_error && is_lost(read_error) && first_byte) parser->put_eof(parse_error);
    if (parser->is_done()) break;
    if (first_byte) sample.phases.answer = since(*first_byte);
    if (parse_error && parse_error != http::error::partial_message) {
      set_parse_failure(sample, parse_error);
      co_return false;
    }
    if (read_error) {
      set_failure(sample, read_error, first_byte ? Outcome::timeout_in_answer : Outcome::timeout_first_byte,
                  first_byte ? Outcome::reset_in_answer : Outcome::reset_before_first_byte);
      co_return false;
    }
  }
  sample.phases.answer = since(*first_byte);
  // Bytes beyond the answer were not asked for: whoever sent them is not to be trusted with another request.
  connection.keep_alive =
      kind == ConnectionKind::reused && parser->keep_alive() && connection.buffer.size() == 0;
  judge(sample, connection, parser->status());
  co_return true;
}

void Exchanger::judge(Sample& sample, const Connection& connection, int status) const {
  sample.status = status;
  if (status / 100 != 2) {
    sample.outcome = Outcome::http_status;
    return;
  }
  if (auto cluster = identifier_.identify(connection.body)) {
    sample.outcome = Outcome::ok;
    sample.cluster = std::move(*cluster);
    return;
  }
  sample.outcome = Outcome::unidentified;
  sample.detail = connection.body.substr(0, shown_of_unknown_body);
}

bool Exchanger::can_reuse(const Connection& connection) {
  if (!connection.keep_alive || !connection.stream.socket().is_open()) return false;
  // An idle connection has nothing to read; anything there is the server's goodbye.
  char byte = 0;
  const auto fd = const_cast<Connection&>(connection).stream.socket().native_handle();
  return ::recv(fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 && errno == EAGAIN;
}

IpAddress Exchanger::address_of(const Connection& connection) {
  return connection.address;
}

Task<> Exchanger::close(ConnectionPtr connection) {
  connection->stream.expires_after(patience_at_close);
  for (int reads = 0; reads < 4; ++reads) {
    connection->buffer.clear();
    const asio::mutable_buffer space = connection->buffer.prepare(read_size);
    auto [error, count] = co_await connection->stream.async_read_some(space, try_await);
    if (error) break;
  }
  connection->close();
}

void Exchanger::abandon() {
  abandoned_ = true;
  for (Connection* connection : *open_) connection->close();
}

}  // namespace meshdrill::probe
