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
  following,  // asks DNS (ProbeConfig::follow says how often) and takes the first address of the answer
  browser,    // asks for A and AAAA and races connections as RFC 8305 has it: what a user with a browser sees
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
  Family family = Family::ipv4;      // browser: the one that it tries first, of both
  std::optional<IpAddress> address;  // pinned: the address; others: none
  std::string vantage{};             // whose answers it follows (Vantage::name); empty: pinned

  bool operator==(const Stream&) const = default;
};

// How a planned request ended. Every planned request ends in exactly one of these.
enum class Outcome {
  ok,                       // complete answer, as expected (2xx), from a cluster that we know
  unidentified,             // the same, but it names no cluster, or one that we do not know
  http_status,              // complete answer with a status that is not expected
  body_mismatch,            // complete answer with an expected status, but not the expected body
  dns_nxdomain,             // the name does not exist
  dns_servfail,             // the server failed to find out
  dns_refused,              // the server does not answer us
  dns_timeout,              // no answer in time
  dns_empty,                // the name exists but has no address of this family
  dns_unreachable,          // nobody listens there, or no route: the server's machine or ours said so
  dns_error,                // anything else: malformed answer, a code that no other bucket has
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

// How a race of connections (RFC 8305) ended for the address that was tried first.
enum class Rescue {
  none,           // it won, or nothing did
  from_failure,   // it failed, and another one answered for it
  from_lateness,  // it had not connected when another one did
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
  std::uint16_t local_port = 0;   // ours; 0 when never connected, or not asked for
  int status = 0;                 // HTTP status; 0 without a complete answer
  std::string cluster;            // who answered; only with Outcome::ok
  int request_on_connection = 0;  // 1 = the first on a new connection; 0 = never connected
  Phases phases;
  // How often the kernel had to repeat our SYN before it was answered. Above 0 with a connection that came
  // about in the end: some way there loses packets, which is a brownout.
  int syn_retransmits = 0;
  bool stalled = false;          // in flight during a Stall: its times, and a time-out, may be our own fault
  int attempts = 0;              // browser: how many addresses were tried; others: 0
  Rescue rescue = Rescue::none;  // browser: what the race saved the user from
  std::optional<IpAddress> rescued_from;  // browser: the address that was tried first, when `rescue`
  std::string detail;  // why, when the outcome alone does not say: TLS error, system error, start of an
                       // unknown body. From outside: pass through printable() before showing it

  // From the planned start, so that a request which had to wait for us is not made to look fast (coordinated
  // omission).
  [[nodiscard]] std::chrono::microseconds latency() const { return finished - planned; }

  bool operator==(const Sample&) const = default;
};

enum class DnsResult { ok, nxdomain, servfail, refused, timeout, empty, unreachable, error };

// Who is asked for the name.
enum class VantageKind {
  system,     // the servers of /etc/resolv.conf, the next one when one is silent
  servers,    // those that the user named, the same way
  server,     // one that the user named, by itself
  authority,  // the servers of the zone itself, one after the other, without recursion
};

struct Vantage {
  std::string name;  // unique in a run: "system", "192.0.2.53:53", "authority"
  VantageKind kind = VantageKind::system;
  std::vector<std::string> servers;  // "192.0.2.53:53"
  std::string question;              // the name asked for: the URL's; authority: the end of its CNAME chain
  std::string zone;                  // authority: the zone that the servers are of; others: empty

  bool operator==(const Vantage&) const = default;
};

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
  std::string vantage{};         // Vantage::name
  std::string server;  // that this came from, "192.0.2.53:53"; when none answered, the last that was asked
  DnsResult result = DnsResult::error;
  std::vector<std::string> aliases;       // the CNAME chain, in order
  std::vector<AddressRecord> records;     // in the order of the answer
  std::vector<std::string> unanswered{};  // servers that were asked before `server`, in vain
  std::chrono::seconds ttl{};             // how long a cache may keep it: the shortest of aliases and records
  bool over_tcp = false;                  // the answer over UDP was truncated
  bool authoritative = false;             // the server said so (AA)
  std::string detail{};                   // why, when the result alone does not say

  bool operator==(const DnsAnswer&) const = default;
};

// How the addresses that are watched and those that DNS gives differ.
enum class DnsChange {
  not_in_dns,   // we pin a stream to it, but this server does not give it: users do not get there
  not_pinned,   // this server gives it, but no stream is pinned to it: only following streams may see it
  appeared,     // this server gives it now, and did not at first
  disappeared,  // this server gave it, and has stopped to
  not_here,     // another server gives it, this one does not
};

struct DnsFinding {
  Offset at{};  // of the first answer that shows it
  DnsChange change = DnsChange::appeared;
  IpAddress address;
  std::string vantage;  // Vantage::name
  std::string server;   // as in DnsAnswer

  bool operator==(const DnsFinding&) const = default;
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
  std::vector<DnsFinding> findings{};  // of these answers
};

std::string_view to_string(StreamKind kind);
std::string_view to_string(ConnectionKind kind);
std::string_view to_string(Outcome outcome);
std::string_view to_string(DnsResult result);
std::string_view to_string(Rescue rescue);
std::string_view to_string(VantageKind kind);
std::string_view to_string(DnsChange change);

template <>
std::optional<StreamKind> from_string(std::string_view text);
template <>
std::optional<ConnectionKind> from_string(std::string_view text);
template <>
std::optional<Outcome> from_string(std::string_view text);
template <>
std::optional<DnsResult> from_string(std::string_view text);
template <>
std::optional<Rescue> from_string(std::string_view text);
template <>
std::optional<VantageKind> from_string(std::string_view text);
template <>
std::optional<DnsChange> from_string(std::string_view text);

// The bucket of a request whose lookup ended like this. `result` is not ok.
Outcome outcome_of(DnsResult result);

// What went wrong, for a person: "connection refused", "DNS: no such name".
std::string_view describe(Outcome outcome);

}  // namespace meshdrill::probe
