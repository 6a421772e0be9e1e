// What the prober saw: one Sample for each planned request, one DnsAnswer for each lookup, one Stall for each
// time it was blind itself. Plain values; everything that judges (tally, outage, balance) reads these and
// nothing else.
#pragma once

#include "base/ip_prefix.hpp"
#include "probe/names.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace meshdrill::probe {

// Time since the run's epoch (prober.hpp: Run::epoch), on the steady clock.
using Offset = std::chrono::microseconds;

enum class StreamKind {
  pinned,     // always the same address
  following,  // asks DNS for every new connection and takes the first address of the answer
};

enum class ConnectionKind {
  fresh,   // "new" in text: a new connection for every request
  reused,  // keeps one connection open and sends request after request on it
};

// A sequence of requests on one schedule that differ in nothing but time.
struct Stream {
  int id = 0;        // index into Run::streams
  std::string name;  // for people, unique in a run: "192.0.2.1 new", "DNS IPv4 reused"
  StreamKind kind = StreamKind::pinned;
  ConnectionKind connection = ConnectionKind::fresh;
  Family family = Family::ipv4;
  std::optional<IpAddress> address;  // pinned: the address; following: none

  bool operator==(const Stream&) const = default;
};

// How a planned request ended. Every planned request ends in exactly one of these.
enum class Outcome {
  ok,                       // complete 2xx answer from a cluster that we know
  unidentified,             // complete 2xx answer that names no cluster, or one that we do not know
  http_status,              // complete answer with any other status
  dns_nxdomain,             // the name does not exist
  dns_servfail,             // the server failed to find out
  dns_refused,              // the server does not answer us
  dns_timeout,              // no answer in time
  dns_empty,                // the name exists but has no address of this family
  dns_error,                // anything else: malformed answer, DNS server unreachable
  connect_refused,          // RST to our SYN
  connect_timeout,          // no answer to our SYN in time
  connect_error,            // any other error of connect(2): no route, network unreachable
  tls_error,                // handshake failed: certificate, host name, version; or closed in it
  tls_timeout,              // handshake not complete in time
  reset_before_first_byte,  // connection reset or closed after the request, before any byte of an answer
  reset_in_answer,          // reset or closed inside the answer: part of it had arrived
  timeout_first_byte,       // request sent, no byte of an answer in time
  timeout_in_answer,        // answer begun, not complete in time
  protocol_error,           // the answer is not HTTP/1.x
  answer_too_large,         // head over 8 KiB, or body over the limit; not read to the end
  not_sent,                 // our own fault: too many in flight, or no socket or port left
  cancelled,                // the run was abandoned while it was in flight
};
inline constexpr std::size_t outcome_count = static_cast<std::size_t>(Outcome::cancelled) + 1;

// Says something about the system under test. not_sent and cancelled do not.
constexpr bool is_evidence(Outcome outcome) {
  return outcome != Outcome::not_sent && outcome != Outcome::cancelled;
}
constexpr bool is_timeout(Outcome outcome) {
  return outcome == Outcome::dns_timeout || outcome == Outcome::connect_timeout ||
         outcome == Outcome::tls_timeout || outcome == Outcome::timeout_first_byte ||
         outcome == Outcome::timeout_in_answer;
}

// How long each phase took; zero when the request never came to it, or skipped it on an open connection. A
// phase that failed has the time until it failed.
struct Phases {
  std::chrono::microseconds dns{};
  std::chrono::microseconds connect{};
  std::chrono::microseconds tls{};
  std::chrono::microseconds first_byte{};  // from writing the request to the first byte of the answer
  std::chrono::microseconds answer{};      // from the first byte to the last

  bool operator==(const Phases&) const = default;
};

struct Sample {
  int stream = 0;           // Stream::id
  std::uint64_t index = 0;  // this is the index-th planned request of its stream, from 0 without gaps
  Offset planned{};         // when the schedule wanted it
  Offset started{};   // when its first step (lookup, connect or write) began; not_sent: when we gave up on it
  Offset finished{};  // when its outcome was known
  Outcome outcome = Outcome::not_sent;
  std::optional<IpAddress>
      address;                    // connected to, or tried; none when the lookup failed or nothing was sent
  std::uint16_t port = 0;         // of the server
  std::uint16_t local_port = 0;   // ours; 0 when never connected
  int status = 0;                 // HTTP status; 0 without a complete answer
  std::string cluster;            // who answered; only with Outcome::ok
  int request_on_connection = 0;  // 1 = the first on a new connection; 0 = never connected
  Phases phases;
  std::string detail;  // why, when the outcome alone does not say: TLS error, system error, start of an
                       // unknown body. From outside: pass through printable() before showing it

  // From the planned start, so that a request which had to wait for us is not made to look fast (coordinated
  // omission).
  [[nodiscard]] std::chrono::microseconds latency() const { return finished - planned; }

  bool operator==(const Sample&) const = default;
};

enum class DnsResult { ok, nxdomain, servfail, refused, timeout, empty, error };

struct AddressRecord {
  IpAddress address;
  std::chrono::seconds ttl{};

  bool operator==(const AddressRecord&) const = default;
};

// One lookup of one record type, as it came: order and TTLs untouched.
struct DnsAnswer {
  Offset asked{};
  std::chrono::microseconds took{};
  std::string name;
  Family family = Family::ipv4;  // A or AAAA
  std::string server;  // "192.0.2.53:53"; several, comma-separated, when any of them may have answered
  DnsResult result = DnsResult::error;
  std::vector<std::string> aliases;    // the CNAME chain, in order
  std::vector<AddressRecord> records;  // in the order of the answer

  bool operator==(const DnsAnswer&) const = default;
};

// The prober's own thread did not run when it should have: what it says about [start, end] is not to be
// trusted.
struct Stall {
  Offset start{};
  Offset end{};

  bool operator==(const Stall&) const = default;
};

// What became known since the batch before.
struct Batch {
  // Every request planned before this is in this batch or an earlier one, and so is every stall that began
  // before it. Never goes back. Later ones may be here too, so an evaluator judges a window once its end is
  // <= upto.
  Offset upto{};
  std::vector<Sample> samples;  // in the order in which they finished; sort by `planned` to judge
  std::vector<DnsAnswer> answers;
  std::vector<Stall> stalls;
};

std::string_view to_string(StreamKind kind);
std::string_view to_string(ConnectionKind kind);
std::string_view to_string(Outcome outcome);
std::string_view to_string(DnsResult result);

template <>
std::optional<StreamKind> from_string(std::string_view text);
template <>
std::optional<ConnectionKind> from_string(std::string_view text);
template <>
std::optional<Outcome> from_string(std::string_view text);
template <>
std::optional<DnsResult> from_string(std::string_view text);

// The bucket of a request whose lookup ended like this. `result` is not ok.
Outcome outcome_of(DnsResult result);

// What went wrong, for a person: "connection refused", "DNS: no such name".
std::string_view describe(Outcome outcome);

}  // namespace meshdrill::probe
