// One request and its answer, on exactly one connection to exactly one address: no second address, no racing,
// no retry.
#pragma once

#include "base/async.hpp"
#include "base/result.hpp"
#include "probe/identify.hpp"
#include "probe/prober.hpp"
#include "probe/target.hpp"

#include <memory>
#include <string>
#include <unordered_set>

namespace boost::asio::ssl {
class context;
}

namespace meshdrill::probe {

class Connection;  // an open connection to one address; closed when the last owner lets go of it
using ConnectionPtr = std::shared_ptr<Connection>;
using OpenConnections = std::unordered_set<Connection*>;

// Makes exchanges for one run. Must outlive them.
class Exchanger {
 public:
  // Reads the CA file when the target is https.
  static Result<std::unique_ptr<Exchanger>> make(asio::io_context& context, const Target& target,
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
  static void give_up(Connection& connection);

  // The connection is open, idle, and the server said it would stay so. Costs one system call.
  [[nodiscard]] static bool can_reuse(const Connection& connection);

  // Where the connection leads.
  [[nodiscard]] static IpAddress address_of(const Connection& connection);

  // Waits a moment for the server to close first, so that the port stays in TIME_WAIT on its side and not on
  // ours, where 28,000 of them would be all there are. Then closes.
  static Task<> close(ConnectionPtr connection);

  // Every exchange that runs, and every one begun later, ends at once as Outcome::cancelled.
  void abandon();

 private:
  friend class Connection;
  Exchanger(asio::io_context& context, const Target& target, const ProbeConfig& config,
            Identifier identifier);
  Result<> set_up_tls(const std::string& ca_file);
  Task<bool> connect(Sample& sample, Connection& connection, Clock::time_point deadline);
  Task<bool> shake_hands(Sample& sample, Connection& connection, Clock::time_point deadline);
  template <class Stream>
  Task<bool> converse(Sample& sample, Connection& connection, Stream& stream, ConnectionKind kind,
                      Clock::time_point deadline);
  void judge(Sample& sample, const Connection& connection, int status) const;

  asio::io_context& context_;
  Target target_;
  Timeouts timeouts_;
  std::size_t body_limit_;
  Identifier identifier_;
  std::string fresh_request_, reused_request_;
  std::unique_ptr<asio::ssl::context> tls_;
  // Shared with each connection, since one may live on in a coroutine that is destroyed after this.
  std::shared_ptr<OpenConnections> open_;
  bool abandoned_ = false;
};

}  // namespace meshdrill::probe
