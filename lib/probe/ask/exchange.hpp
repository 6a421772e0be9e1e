// One request and its answer, on exactly one connection to exactly one address: no second address, no racing,
// no retry.
#pragma once

#include "base/async.hpp"
#include "base/result.hpp"
#include "probe/ask/connection.hpp"
#include "probe/ask/judge.hpp"
#include "probe/ask/known_heads.hpp"
#include "probe/ask/poller.hpp"
#include "probe/ask/target.hpp"
#include "probe/ask/tls_client.hpp"
#include "probe/prober.hpp"

#include <array>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace meshdrill::probe {

class Exchanger;
class Reading;

// Gives a connection back to its exchanger, closed, for its memory to be used again.
struct ReturnConnection {
  Exchanger* exchanger = nullptr;
  void operator()(Connection* connection) const;
};
using ConnectionPtr = std::unique_ptr<Connection, ReturnConnection>;

// Makes exchanges for one run. Must outlive them and their connections.
class Exchanger {
 public:
  // What make() would refuse of the configuration: request, expectation, TLS files. The error names the
  // field.
  static Result<> check(const Target& target, const ProbeConfig& config);

  // Reads the files that TLS needs when the target, or what it may redirect to, is https.
  static Result<std::unique_ptr<Exchanger>> make(Poller& poller, const Target& target,
                                                 const ProbeConfig& config, Identifier identifier);
  ~Exchanger();

  // Sends the request on `connection`, or on a new one to `sample.address` when it is empty, and fills in how
  // it went: outcome, phases, status, cluster, ports, detail. Ends within the timeouts, the total counted
  // from `start`. Leaves `connection` set when an answer was read to its end: can_reuse() tells whether it
  // will take another request.
  Task<> exchange(Sample& sample, ConnectionPtr& connection, ConnectionKind kind, Clock::time_point start);

  // Only connects, TLS included: true, with `connection` set, or false, with the outcome in `sample`. For
  // those who race connections; exchange() takes the winner. Its wait ends as cancelled by give_up().
  Task<bool> connect(Sample& sample, ConnectionPtr& connection, Clock::time_point deadline);
  void give_up(Connection& connection);

  // The connection is open, idle, not too old, and the server said it would stay so. Costs one system call,
  // unless it was `just_used`.
  [[nodiscard]] bool can_reuse(Connection& connection, bool just_used) const;

  // Closes once the server has, or after a moment.
  static void close(ConnectionPtr connection);

  // Every exchange that runs, and every one begun later, ends at once as Outcome::cancelled.
  void abandon();

 private:
  friend struct ReturnConnection;
  // The request as it is sent to one target, by kind of connection.
  struct Request {
    Target target;
    std::string fresh, reused;
    bool is_head = false;
    [[nodiscard]] const std::string& bytes(ConnectionKind kind) const {
      return kind == ConnectionKind::fresh ? fresh : reused;
    }
  };

  Exchanger(Poller& poller, const Target& target, const ProbeConfig& config, Judge judge);
  static constexpr std::size_t no_connection = SIZE_MAX;  // of establish()
  static Request make_request(const Target& target, const RequestOptions& options);
  ConnectionPtr take_connection();

  Task<> ask(Sample& sample, ConnectionPtr& connection, const Request& request, ConnectionKind kind,
             Clock::time_point begin, Clock::time_point deadline);
  Task<> ask_and_follow(Sample& sample, ConnectionPtr& connection, ConnectionKind kind,
                        Clock::time_point deadline);
  Task<std::size_t> establish(Sample& sample, Connection& connection, const Target& target,
                              std::string_view first_bytes, Clock::time_point deadline);
  Task<bool> shake_hands(Sample& sample, Connection& connection, const Target& target,
                         Clock::time_point deadline);
  Task<bool> write(Sample& sample, Connection& connection, std::string_view rest, IoResult result,
                   Clock::time_point begin, Clock::time_point write_by);
  Task<bool> read(Sample& sample, Connection& connection, Reading& reading, Clock::time_point deadline);
  bool take_in(Sample& sample, Connection& connection, Reading& reading, const IoResult& result);
  void finish(Sample& sample, Connection& connection, const Reading& reading, ConnectionKind kind);

  Poller& poller_;
  Request request_;
  RequestOptions options_;
  Timeouts timeouts_;
  std::size_t body_limit_;
  int max_redirects_;
  Duration max_age_;
  int max_requests_;
  bool closed_loop_;
  bool note_local_ports_;
  Judge judge_;
  KnownHeads known_heads_;
  std::unique_ptr<TlsClient> tls_;
  std::vector<std::unique_ptr<Connection>> spare_;
  std::array<char, 16'384> received_{};  // nothing is left in it when a coroutine waits
  std::string location_;                 // of the answer just read
  bool abandoned_ = false;
};

}  // namespace meshdrill::probe
