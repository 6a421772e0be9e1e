// HTTP servers on loopback addresses, one port, one thread, that fail when told to and know exactly when they
// did.
#pragma once

#include "base/async.hpp"
#include "base/ip_prefix.hpp"

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <random>
#include <string>
#include <thread>
#include <vector>

namespace meshdrill::campaign {

enum class Fault { refuse, hang, reset, status };

// The fault began between begin_after and begin_before, and was over between end_after and end_before.
struct Truth {
  Fault fault = Fault::refuse;
  Clock::time_point begin_after;
  Clock::time_point begin_before;
  Clock::time_point end_after;
  Clock::time_point end_before;

  [[nodiscard]] Clock::duration shortest() const { return end_after - begin_before; }
  [[nodiscard]] Clock::duration longest() const { return end_before - begin_after; }
};

// When a target fails next: how long it is well before, how long it fails, and how.
struct Episode {
  Clock::duration well{};
  Clock::duration ill{};
  Fault fault = Fault::refuse;
};

// Who answers a connection: called on the servers' thread.
using Balancer = std::function<std::string()>;

class Targets {
 public:
  // One for each balancer, on 127.77.0.1 and up, all on a port that is free on each of them.
  explicit Targets(std::vector<Balancer> balancers);
  ~Targets();
  Targets(const Targets&) = delete;
  Targets& operator=(const Targets&) = delete;

  [[nodiscard]] std::uint16_t port() const { return port_; }
  [[nodiscard]] const std::vector<IpAddress>& addresses() const { return addresses_; }

  // Lets every target fail, again and again until `end`, as next() says. Faults that would go on beyond the
  // end do not begin.
  void run_faults(Clock::time_point end, const std::function<Episode()>& next);
  // What happened at each target; call when `end` is over.
  std::vector<std::vector<Truth>> truths();

 private:
  struct Target;
  void listen(Target& target, std::uint16_t port) const;
  Task<> accept(Target& target);
  Task<> serve(Target& target, TcpSocket socket);
  Task<> fail_now_and_then(Target& target, Clock::time_point end, std::function<Episode()> next);

  asio::io_context context_{1};
  std::vector<std::unique_ptr<Target>> targets_;
  std::vector<IpAddress> addresses_;
  std::uint16_t port_ = 0;
  std::mutex mutex_;  // of the truths
  std::thread thread_;
};

}  // namespace meshdrill::campaign
