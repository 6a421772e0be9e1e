// Sends requests on schedule, whether or not earlier ones are done, and reports what became of each. It
// connects to exactly one address per request and never retries: an address that is half up must not look up.
#pragma once

#include "base/duration.hpp"
#include "base/result.hpp"
#include "probe/sample.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace meshdrill::probe {

// Each bounds one phase; `total` bounds the request from its start, whatever the phases would allow.
struct Timeouts {
  Duration dns = std::chrono::milliseconds{900};
  // Below 1 s on purpose: Linux repeats a lost SYN after 1 s, and a success after that would hide the loss.
  Duration connect = std::chrono::milliseconds{900};
  Duration tls = std::chrono::milliseconds{900};
  Duration first_byte = std::chrono::seconds{2};
  Duration total = std::chrono::seconds{2};
};

// Finds in a body who answered.
struct IdentifyRule {
  // Perl syntax, with exactly one capture: the name of the cluster. The default finds "Hello from Cluster
  // cilium-001".
  std::string regex = R"([Cc]luster[^A-Za-z0-9]+([A-Za-z0-9](?:[-A-Za-z0-9]*[A-Za-z0-9])?))";
  std::vector<std::string> clusters;  // the names that may answer; empty: any name will do
};

struct ProbeConfig {
  std::string url;     // http:// or https://; the host may be a name or an address
  double rate = 20;    // requests a second, per stream; > 0
  double jitter = 0;   // each start is moved by up to this part of the period; 0 to 0.5
  bool pinned = true;  // a stream for each address
  bool following =
      true;  // a stream for each address family that follows DNS; ignored when the host is an address
  bool fresh = true;    // those streams with a new connection for each request
  bool reused = false;  // those streams on a kept connection
  // The addresses to pin to. Empty: those that DNS gives at the start.
  std::vector<IpAddress> addresses;
  std::vector<std::string> dns_servers;  // ADDRESS[:PORT] or [ADDRESS]:PORT; empty: those of /etc/resolv.conf
  Timeouts timeouts;
  IdentifyRule identify;
  std::string ca_file;              // PEM; trusted instead of the system's authorities; empty: the system's
  std::size_t body_limit = 16'384;  // bytes; more is Outcome::answer_too_large
  std::size_t max_in_flight =
      0;  // per stream; 0: what `rate` needs while every request runs into `total`, and some
  Duration stall_after = std::chrono::milliseconds{50};  // a timer this late is a Stall
  // What Offsets count from, for a caller who has a time line of his own. None: the moment of the first
  // planned request.
  std::optional<std::chrono::steady_clock::time_point> epoch;
};

struct Run {
  std::vector<Stream> streams;
  std::chrono::steady_clock::time_point epoch;
  std::vector<DnsAnswer> answers;  // to the lookups made to find the addresses; not in any batch
};

// Checks what can be checked without asking anybody: URL, rate, regex, servers, which streams. The error
// names the field.
Result<> check(const ProbeConfig& config);

// Runs on a thread of its own with an io_context of its own. start(), stop() and abandon() are for one
// controlling thread.
class Prober {
 public:
  // Called from the prober's thread, at most every 100 ms and at least every second until stop() returns.
  // Must not block, and must not call the prober.
  using Sink = std::function<void(Batch)>;

  Prober(ProbeConfig config, Sink sink);
  ~Prober();  // abandons what is still running
  Prober(const Prober&) = delete;
  Prober& operator=(const Prober&) = delete;

  // Looks up the name where needed, makes the streams, sends the first request, returns. Fails, with nothing
  // sent, when check() would, when the name has no address, when the CA file cannot be read. Call once.
  Result<Run> start();

  // Plans no more requests, lets those in flight end within their timeouts, delivers the last batch (its
  // `upto` lies after every planned request) and joins. Fails only when the prober itself broke (out of
  // memory). Further calls do nothing.
  Result<> stop();

  // Like stop(), but those in flight end at once, as Outcome::cancelled.
  Result<> abandon();

  // The same without waiting, from any thread: for a second Ctrl-C while stop() waits in another.
  void cut_short();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace meshdrill::probe
