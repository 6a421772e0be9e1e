#include "probe/ask/connection.hpp"

#include <cerrno>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <utility>

#include <openssl/err.h>

namespace meshdrill::probe {
namespace {

constexpr Duration patience_at_close = std::chrono::milliseconds{200};

union SocketAddress {
  sockaddr any;
  sockaddr_in ipv4;
  sockaddr_in6 ipv6;
};

socklen_t fill(SocketAddress& address, const IpAddress& ip, std::uint16_t port) {
  if (ip.family == Family::ipv4) {
    address.ipv4 = {};
    address.ipv4.sin_family = AF_INET;
    address.ipv4.sin_port = htons(port);
    address.ipv4.sin_addr.s_addr = htonl(static_cast<std::uint32_t>(ip.value));
    return sizeof address.ipv4;
  }
  address.ipv6 = {};
  address.ipv6.sin6_family = AF_INET6;
  address.ipv6.sin6_port = htons(port);
  uint128 rest = ip.value;
  for (std::size_t i = 16; i-- > 0; rest >>= 8)
    address.ipv6.sin6_addr.s6_addr[i] = static_cast<unsigned char>(rest);
  return sizeof address.ipv6;
}

error_code from_errno(int number) {
  return {number, boost::system::system_category()};
}

bool means_ended(int number) {
  return number == ECONNRESET || number == EPIPE || number == ECONNABORTED;
}

}  // namespace

Io Connection::open(const IpAddress& peer, std::uint16_t peer_port) {
  address = peer;
  port = peer_port;
  local_port = 0;
  requests = 0;
  keep_alive = false;
  system_error_ = {};
  SocketAddress where{};
  const socklen_t size = fill(where, peer, peer_port);
  fd_ = ::socket(where.any.sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd_ >= 0 && (::connect(fd_, &where.any, size) == 0 || errno == EINPROGRESS)) return Io::done;
  system_error_ = from_errno(errno);
  return Io::failed;
}

error_code Connection::finish_connecting() {
  int error = 0;
  socklen_t size = sizeof error;
  ::getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error, &size);
  return from_errno(error);
}

void Connection::note_local_port() {
  SocketAddress here{};
  socklen_t size = sizeof here;
  if (::getsockname(fd_, &here.any, &size) != 0) return;
  local_port = ntohs(here.any.sa_family == AF_INET ? here.ipv4.sin_port : here.ipv6.sin6_port);
}

int Connection::syn_retransmits() const {
  tcp_info info{};
  socklen_t size = sizeof info;
  if (::getsockopt(fd_, IPPROTO_TCP, TCP_INFO, &info, &size) != 0) return 0;
  return static_cast<int>(info.tcpi_total_retrans);
}

void Connection::start_tls(TlsClient& client, const Target& target) {
  tls_ = client.start(fd_, target, address);
}

IoResult Connection::shake_hands() {
  ERR_clear_error();
  return tls_result(SSL_do_handshake(tls_.get()), 0);
}

IoResult Connection::send(std::string_view bytes) {
  if (!tls_) {
    return system_result(::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL), Io::wants_write);
  }
  ERR_clear_error();
  std::size_t count = 0;
  const int returned = SSL_write_ex(tls_.get(), bytes.data(), bytes.size(), &count);
  return tls_result(returned, count);
}

IoResult Connection::receive(std::span<char> space) {
  if (!tls_) {
    const ssize_t count = ::recv(fd_, space.data(), space.size(), 0);
    if (count == 0) return {Io::ended, 0};
    return system_result(count, Io::wants_read);
  }
  ERR_clear_error();
  std::size_t count = 0;
  const int returned = SSL_read_ex(tls_.get(), space.data(), space.size(), &count);
  return tls_result(returned, count);
}

IoResult Connection::system_result(ssize_t count, Io wanted) {
  if (count >= 0) return {Io::done, static_cast<std::size_t>(count)};
  const int error = errno;
  if (error == EAGAIN) return {wanted, 0};
  system_error_ = from_errno(error);
  return {means_ended(error) ? Io::ended : Io::failed, 0};
}

IoResult Connection::tls_result(int returned, std::size_t count) {
  if (returned == 1) return {Io::done, count};
  const int error = errno;
  switch (SSL_get_error(tls_.get(), returned)) {
    case SSL_ERROR_WANT_READ:
      return {Io::wants_read, 0};
    case SSL_ERROR_WANT_WRITE:
      return {Io::wants_write, 0};
    case SSL_ERROR_ZERO_RETURN:
      return {Io::ended, 0};
    case SSL_ERROR_SYSCALL:
      ERR_clear_error();
      if (error == 0 || means_ended(error)) return {Io::ended, 0};
      system_error_ = from_errno(error);
      return {Io::failed, 0};
    default:
      break;
  }
  if (ERR_GET_REASON(ERR_peek_last_error()) == SSL_R_UNEXPECTED_EOF_WHILE_READING) {
    ERR_clear_error();
    return {Io::ended, 0};
  }
  tls_error_ = tls_failure(tls_.get());
  return {Io::failed, 0};
}

bool Connection::worth_receiving() const {
  return poller_.seen_readable(fd_) || (tls_ && SSL_has_pending(tls_.get()) == 1);
}

bool Connection::looks_idle() {
  // What came may be a TLS ticket, which is no goodbye.
  return is_open() && (!poller_.seen_readable(fd_) || is_idle());
}

bool Connection::is_idle() {
  char byte = 0;
  return is_open() && !poller_.seen_closed(fd_) && receive({&byte, 1}).state == Io::wants_read;
}

void Connection::close() {
  tls_.reset();
  tls_error_.clear();
  if (is_open()) poller_.close(std::exchange(fd_, -1));
}

void Connection::reset_on_close() {
  const linger at_once{1, 0};
  ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

void Connection::close_after_peer() {
  const bool drain = has_tls();
  tls_.reset();
  if (is_open()) poller_.close_after_peer(std::exchange(fd_, -1), patience_at_close, drain);
}

}  // namespace meshdrill::probe
