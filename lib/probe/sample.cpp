#include "probe/sample.hpp"

namespace meshdrill::probe {
namespace {

constexpr std::array<std::string_view, 3> stream_kinds{"pinned", "following", "browser"};
constexpr std::array<std::string_view, 2> connection_kinds{"new", "reused"};
constexpr std::array<std::string_view, 8> dns_results{"ok",      "nxdomain", "servfail",    "refused",
                                                      "timeout", "empty",    "unreachable", "error"};
constexpr std::array<std::string_view, 3> rescues{"none", "from_failure", "from_lateness"};
constexpr std::array<std::string_view, 4> vantage_kinds{"system", "servers", "server", "authority"};
constexpr std::array<std::string_view, 5> dns_changes{"not_in_dns", "not_pinned", "appeared", "disappeared",
                                                      "not_here"};

struct OutcomeText {
  std::string_view name;
  std::string_view description;
};
constexpr std::array<OutcomeText, outcome_count> outcomes{{
    {"ok", "answered"},
    {"unidentified", "answered by nobody we know"},
    {"http_status", "unexpected HTTP status"},
    {"body_mismatch", "unexpected body"},
    {"dns_nxdomain", "DNS: no such name"},
    {"dns_servfail", "DNS: server failure"},
    {"dns_refused", "DNS: refused"},
    {"dns_timeout", "DNS: no answer in time"},
    {"dns_empty", "DNS: no address of this family"},
    {"dns_unreachable", "DNS: server unreachable"},
    {"dns_error", "DNS: malformed answer"},
    {"connect_refused", "connection refused"},
    {"connect_timeout", "connection not accepted in time"},
    {"connect_error", "no connection"},
    {"tls_error", "TLS handshake failed"},
    {"tls_timeout", "TLS handshake not complete in time"},
    {"reset_before_first_byte", "connection lost before the answer"},
    {"reset_in_answer", "connection lost inside the answer"},
    {"timeout_first_byte", "no answer in time"},
    {"timeout_in_answer", "answer not complete in time"},
    {"protocol_error", "answer is not HTTP"},
    {"answer_too_large", "answer too large"},
    {"not_sent", "not sent (our own limit)"},
    {"cancelled", "cancelled by us"},
}};

constexpr auto outcome_names = [] {
  std::array<std::string_view, outcome_count> names{};
  for (std::size_t i = 0; i < outcome_count; ++i) names[i] = outcomes[i].name;
  return names;
}();

template <class Enum>
constexpr std::size_t index_of(Enum value) {
  return static_cast<std::size_t>(value);
}

}  // namespace

std::string_view to_string(StreamKind kind) {
  return stream_kinds.at(index_of(kind));
}
std::string_view to_string(ConnectionKind kind) {
  return connection_kinds.at(index_of(kind));
}
std::string_view to_string(Outcome outcome) {
  return outcome_names.at(index_of(outcome));
}
std::string_view to_string(DnsResult result) {
  return dns_results.at(index_of(result));
}
std::string_view to_string(Rescue rescue) {
  return rescues.at(index_of(rescue));
}
std::string_view to_string(VantageKind kind) {
  return vantage_kinds.at(index_of(kind));
}
std::string_view to_string(DnsChange change) {
  return dns_changes.at(index_of(change));
}
std::string_view describe(Outcome outcome) {
  return outcomes.at(index_of(outcome)).description;
}

template <>
std::optional<StreamKind> from_string(std::string_view text) {
  return find_name<StreamKind>(stream_kinds, text);
}
template <>
std::optional<ConnectionKind> from_string(std::string_view text) {
  return find_name<ConnectionKind>(connection_kinds, text);
}
template <>
std::optional<Outcome> from_string(std::string_view text) {
  return find_name<Outcome>(outcome_names, text);
}
template <>
std::optional<DnsResult> from_string(std::string_view text) {
  return find_name<DnsResult>(dns_results, text);
}
template <>
std::optional<Rescue> from_string(std::string_view text) {
  return find_name<Rescue>(rescues, text);
}
template <>
std::optional<VantageKind> from_string(std::string_view text) {
  return find_name<VantageKind>(vantage_kinds, text);
}
template <>
std::optional<DnsChange> from_string(std::string_view text) {
  return find_name<DnsChange>(dns_changes, text);
}

Outcome outcome_of(DnsResult result) {
  switch (result) {
    case DnsResult::nxdomain:
      return Outcome::dns_nxdomain;
    case DnsResult::servfail:
      return Outcome::dns_servfail;
    case DnsResult::refused:
      return Outcome::dns_refused;
    case DnsResult::timeout:
      return Outcome::dns_timeout;
    case DnsResult::empty:
      return Outcome::dns_empty;
    case DnsResult::unreachable:
      return Outcome::dns_unreachable;
    case DnsResult::ok:
    case DnsResult::error:
      break;
  }
  return Outcome::dns_error;
}

}  // namespace meshdrill::probe
