// Sends requests on schedule, whether or not earlier ones are done, and reports what became of each. It
// connects to exactly one address per request and never retries: an address that is half up must not look up.
#pragma once

#include "base/duration.hpp"
#include "base/result.hpp"
#include "probe/ask/request.hpp"
#include "probe/sample.hpp"
#include "probe/schedule.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
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

// How to tell who answered. The first of header, JSON pointer and addresses that is set is used, and the
// regex when none is.
struct IdentifyRule {
  // Perl syntax, with exactly one capture: the name of the cluster, anywhere in the body. The default finds
  // "Hello from Cluster cilium-001".
  std::string regex = R"([Cc]luster[^A-Za-z0-9]+([A-Za-z0-9](?:[-A-Za-z0-9]*[A-Za-z0-9])?))";
  std::vector<std::string> clusters{};  // the names that may answer; empty: any name will do
  std::string header{};                 // of the answer: its value is the name
  std::string json_pointer{};           // RFC 6901, into the body: the string there is the name
  // Who is behind each address, for targets that do not say. Trusts that no mesh is behind them.
  std::map<IpAddress, std::string> addresses{};
};

enum class Follow {
  every,  // asks DNS for every new connection
  ttl,    // keeps an answer until its shortest TTL is over, as a client with a cache does
};

// RFC 8305, section 8: what a browser waits for.
struct RaceTimes {
  Duration resolution_delay = std::chrono::milliseconds{50};  // for AAAA, once A is there
  Duration attempt_delay = std::chrono::milliseconds{250};    // until the next address is tried; 100ms to 2s
};

enum class TlsVersion { tls12, tls13 };  // "1.2", "1.3" in text

struct TlsOptions {
  // PEM files of a client certificate (with its chain) and its key; both or neither.
  std::string certificate_file;
  std::string key_file;
  TlsVersion min_version = TlsVersion::tls12;
  // Takes any certificate: whoever answers may be anybody. To be said loudly wherever results are shown.
  bool insecure = false;
  // Resumes sessions. Off, since a resumed session skips the certificate and so hides a fault of it.
  bool resume = false;
};

// What an answer must be to count as ok; otherwise it is Outcome::http_status or Outcome::body_mismatch.
struct Expectation {
  // "200", "200-299", several separated by commas.
  std::string status = "200-299";
  // Perl syntax; the body must contain a match. Empty: any body.
  std::string body_regex;
};

struct ProbeConfig {
  // http:// or https://, or tcp://HOST:PORT, where the connection itself is the sample; the host may be a
  // name or an address.
  std::string url;
  double rate = 20;                      // requests a second, per stream; > 0
  std::map<StreamKind, double> rates{};  // where a kind of stream has a rate of its own
  double jitter = 0;  // each start is moved by up to this part of the period; 0 to 0.5; uniform only
  Arrivals arrivals = Arrivals::uniform;
  bool pinned = true;  // a stream for each address
  // A stream for each vantage and address family that follows DNS; ignored when the host is an address.
  bool following = true;
  Follow follow = Follow::every;
  bool browser = false;  // a stream for each vantage that races, always with new connections
  RaceTimes race{};
  bool fresh = true;    // those streams with a new connection for each request
  bool reused = false;  // those streams on a kept connection
  // The addresses to pin to. Empty: those that DNS gives at the start.
  std::vector<IpAddress> addresses;
  std::vector<std::string> dns_servers;  // ADDRESS[:PORT] or [ADDRESS]:PORT; empty: those of /etc/resolv.conf
  bool side_by_side = false;             // each of dns_servers is a vantage, rather than the next one in line
  bool system_vantage = false;           // /etc/resolv.conf's is a vantage beside dns_servers
  bool authority = false;  // the zone's own servers are one, found by asking the first of the others
  std::uint16_t authority_port = 53;  // where those listen; a laboratory's may not be the standard's
  Timeouts timeouts;
  IdentifyRule identify;
  std::string ca_file;  // PEM; trusted instead of the system's authorities; empty: the system's
  TlsOptions tls;
  RequestOptions request;
  Expectation expect;
  // How many redirects are followed, each to the same address and only to the same host (same port, or from
  // http to https). 0: none; the redirect itself is judged.
  int max_redirects = 0;
  // Reused streams: a connection older than this, or that has carried this many requests, is replaced.
  Duration max_connection_age{};        // 0: any
  int max_requests_per_connection = 0;  // 0: any number
  // Closed loop: each stream keeps this many requests in flight, one after another as fast as they are
  // answered, and `rate` and `jitter` are not used. 0: open loop at `rate`. Planned is then when it started.
  std::size_t closed_loop = 0;
  bool note_local_ports = false;    // fills in Sample::local_port: a system call for each connection
  std::size_t body_limit = 16'384;  // bytes; more is Outcome::answer_too_large
  std::size_t max_in_flight =
      0;  // per stream; 0: what `rate` needs while every request runs into `total`, and some
  Duration stall_after = std::chrono::milliseconds{50};  // a timer this late is a Stall
  std::uint64_t requests = 0;  // each stream plans this many and no more; 0: until stop()
  // What Offsets count from, for a caller who has a time line of his own. None: the moment of the first
  // planned request.
  std::optional<std::chrono::steady_clock::time_point> epoch;
};

struct Run {
  std::vector<Stream> streams;
  std::chrono::steady_clock::time_point epoch;
  std::vector<DnsAnswer> answers;      // to the lookups made to find the addresses; not in any batch
  std::vector<Vantage> vantages{};     // that are asked, the first of them for the addresses to pin to
  std::vector<DnsFinding> findings{};  // of those answers; not in any batch
};

// Checks what can be checked without asking anybody: URL, rate, regex, servers, which streams. The error
// names the field.
Result<> check(const ProbeConfig& config);

// Runs on a thread of its own with an io_context of its own. start(), stop() and abandon() are for one
// controlling thread.
class Prober {
 public:
  // Called from the prober's thread, at least every second until stop() returns: every 100 ms, and sooner
  // when many samples have gathered, so that memory does not grow with the rate.
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
