// One TCP connection to one address, plain or under TLS, and what is kept with it from request to request.
// Nothing here waits: every call is tried once, and says what it would have to wait for.
#pragma once

#include "base/async.hpp"
#include "base/ip_prefix.hpp"
#include "probe/ask/poller.hpp"
#include "probe/ask/tls_client.hpp"

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace meshdrill::probe {

enum class Io {
  done,
  wants_read,   // wait until it is readable, then call again
  wants_write,  // the same for writable
  ended,        // closed or reset by the peer
  failed,       // anything else; see failure()
};
struct IoResult {
  Io state = Io::done;
  std::size_t count = 0;  // bytes; 0 unless done
};

class Connection {
 public:
  explicit Connection(Poller& poller) : poller_(poller) {}
  ~Connection() { close(); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Makes it a new connection to `peer`; done means underway, not established. failed: system_error() says
  // why.
  Io open(const IpAddress& peer, std::uint16_t port);
  // Once it is writable: how connecting went.
  error_code finish_connecting();
  void note_local_port();
  // How often the kernel has repeated our SYN.
  [[nodiscard]] int syn_retransmits() const;

  // From now on everything goes through TLS, once shake_hands() has returned done.
  void start_tls(TlsClient& client, const Target& target);
  IoResult shake_hands();

  IoResult send(std::string_view bytes);
  IoResult receive(std::span<char> space);
  // A receive would find something, or has to be tried to know.
  [[nodiscard]] bool worth_receiving() const;

  // Open, with nothing to read: the server has not said goodbye. Costs one system call.
  [[nodiscard]] bool is_idle();
  // The same as far as was seen already: enough for a connection that was in use a moment ago.
  [[nodiscard]] bool looks_idle();

  void close();
  // Closing will reset the connection, and leave no port in TIME_WAIT.
  void reset_on_close();
  // Closes after the server has, so that the port stays in TIME_WAIT on its side and not on ours, where
  // 28,000 of them would be all there are.
  void close_after_peer();

  [[nodiscard]] int fd() const { return fd_; }
  [[nodiscard]] bool is_open() const { return fd_ >= 0; }
  [[nodiscard]] bool has_tls() const { return tls_ != nullptr; }
  [[nodiscard]] const error_code& system_error() const { return system_error_; }
  [[nodiscard]] const std::string& tls_error() const { return tls_error_; }

  IpAddress address;
  std::uint16_t port = 0;
  std::uint16_t local_port = 0;
  Clock::time_point opened;  // when connecting began
  Clock::time_point ready;   // when it had ended, TLS included
  std::string unread;        // received, but not yet parsed
  std::string body;
  int requests = 0;
  bool keep_alive = false;  // both sides said so, and the last answer was read to its end

 private:
  IoResult system_result(ssize_t count, Io wanted);
  IoResult tls_result(int returned, std::size_t count);

  Poller& poller_;
  int fd_ = -1;
  TlsSession tls_;
  error_code system_error_;
  std::string tls_error_;
};

}  // namespace meshdrill::probe
