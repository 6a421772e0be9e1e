#include "drill/journal/sample_codec.hpp"

#include <exception>

#include <boost/json/array.hpp>
#include <fmt/format.h>

namespace meshdrill::drill {
namespace {

namespace json = boost::json;
using probe::Offset;
using std::chrono::microseconds;

// The readers below throw what Boost.JSON throws on a wrong type or a missing key; the public functions turn
// it into an Error.
std::string text(const json::value& value) {
  return std::string{value.as_string()};
}
microseconds us(const json::value& value) {
  return microseconds{value.as_int64()};
}

template <class Enum>
Enum named(const json::value& value) {
  const auto found = probe::from_string<Enum>(std::string_view{value.as_string()});
  if (!found) throw std::invalid_argument{fmt::format("unknown name \"{}\"", text(value))};
  return *found;
}

IpAddress address(const json::value& value) {
  const auto parsed = parse_ip(std::string_view{value.as_string()});
  if (!parsed) throw std::invalid_argument{parsed.error().message};
  return *parsed;
}

std::optional<IpAddress> optional_address(const json::value& value) {
  if (value.is_null()) return std::nullopt;
  return address(value);
}

json::value optional_text(const std::optional<IpAddress>& address) {
  return address ? json::value(to_string(*address)) : json::value(nullptr);
}

template <class Enum>
json::string name(Enum value) {
  return json::string{to_string(value)};
}

std::string_view to_string(Family family) {
  return family == Family::ipv4 ? "ipv4" : "ipv6";
}
Family family(const json::value& value) {
  return value.as_string() == "ipv6" ? Family::ipv6 : Family::ipv4;
}

// What most samples have nothing to say of, by name: an array's last element, left out when empty.
json::object encode_rare(const probe::Sample& s) {
  json::object rare;
  if (s.syn_retransmits != 0) rare["syn_retransmits"] = s.syn_retransmits;
  if (s.stalled) rare["stalled"] = true;
  if (s.attempts != 0) rare["attempts"] = s.attempts;
  if (s.rescue != probe::Rescue::none) rare["rescue"] = name(s.rescue);
  if (s.rescued_from) rare["rescued_from"] = meshdrill::to_string(*s.rescued_from);
  return rare;
}

void decode_rare(const json::object& rare, probe::Sample& s) {
  if (const auto* value = rare.if_contains("syn_retransmits")) s.syn_retransmits = value->to_number<int>();
  if (const auto* value = rare.if_contains("stalled")) s.stalled = value->as_bool();
  if (const auto* value = rare.if_contains("attempts")) s.attempts = value->to_number<int>();
  if (const auto* value = rare.if_contains("rescue")) s.rescue = named<probe::Rescue>(*value);
  if (const auto* value = rare.if_contains("rescued_from")) s.rescued_from = address(*value);
}

json::array encode_sample(const probe::Sample& s) {
  json::array fields{s.stream,
                     s.index,
                     s.planned.count(),
                     s.started.count(),
                     s.finished.count(),
                     name(s.outcome),
                     optional_text(s.address),
                     s.port,
                     s.local_port,
                     s.status,
                     s.cluster,
                     s.request_on_connection,
                     json::array{s.phases.dns.count(), s.phases.connect.count(), s.phases.tls.count(),
                                 s.phases.first_byte.count(), s.phases.answer.count()},
                     s.detail};
  if (json::object rare = encode_rare(s); !rare.empty()) fields.emplace_back(std::move(rare));
  return fields;
}

probe::Sample decode_sample(const json::value& value) {
  const json::array& a = value.as_array();
  const json::array& phases = a.at(12).as_array();
  probe::Sample s;
  s.stream = static_cast<int>(a.at(0).as_int64());
  s.index = a.at(1).to_number<std::uint64_t>();
  s.planned = us(a.at(2));
  s.started = us(a.at(3));
  s.finished = us(a.at(4));
  s.outcome = named<probe::Outcome>(a.at(5));
  s.address = optional_address(a.at(6));
  s.port = a.at(7).to_number<std::uint16_t>();
  s.local_port = a.at(8).to_number<std::uint16_t>();
  s.status = static_cast<int>(a.at(9).as_int64());
  s.cluster = text(a.at(10));
  s.request_on_connection = static_cast<int>(a.at(11).as_int64());
  s.phases = {us(phases.at(0)), us(phases.at(1)), us(phases.at(2)), us(phases.at(3)), us(phases.at(4))};
  s.detail = text(a.at(13));
  if (a.size() > 14) decode_rare(a[14].as_object(), s);
  return s;
}

probe::DnsAnswer to_answer(const json::value& value) {
  const json::object& o = value.as_object();
  probe::DnsAnswer answer;
  answer.asked = us(o.at("asked"));
  answer.took = us(o.at("took"));
  answer.name = text(o.at("name"));
  answer.family = family(o.at("family"));
  answer.server = text(o.at("server"));
  answer.result = named<probe::DnsResult>(o.at("result"));
  for (const json::value& alias : o.at("aliases").as_array()) answer.aliases.push_back(text(alias));
  for (const json::value& record : o.at("records").as_array()) {
    const json::array& pair = record.as_array();
    answer.records.push_back({address(pair.at(0)), std::chrono::seconds{pair.at(1).as_int64()}});
  }
  if (const auto* vantage = o.if_contains("vantage")) answer.vantage = text(*vantage);
  if (const auto* servers = o.if_contains("unanswered")) {
    for (const json::value& server : servers->as_array()) answer.unanswered.push_back(text(server));
  }
  if (const auto* ttl = o.if_contains("ttl")) answer.ttl = std::chrono::seconds{ttl->as_int64()};
  answer.over_tcp = o.contains("over_tcp");
  answer.authoritative = o.contains("authoritative");
  if (const auto* detail = o.if_contains("detail")) answer.detail = text(*detail);
  return answer;
}

probe::DnsFinding to_finding(const json::value& value) {
  const json::object& o = value.as_object();
  return {us(o.at("at")), named<probe::DnsChange>(o.at("change")), address(o.at("address")),
          text(o.at("vantage")), text(o.at("server"))};
}

probe::Vantage to_vantage(const json::value& value) {
  const json::object& o = value.as_object();
  probe::Vantage vantage{text(o.at("name")),
                         named<probe::VantageKind>(o.at("kind")),
                         {},
                         text(o.at("question")),
                         text(o.at("zone"))};
  for (const json::value& server : o.at("servers").as_array()) vantage.servers.push_back(text(server));
  return vantage;
}

probe::Batch to_batch(const json::object& fields) {
  probe::Batch batch;
  batch.upto = us(fields.at("upto"));
  if (const auto* samples = fields.if_contains("samples")) {
    for (const json::value& sample : samples->as_array()) batch.samples.push_back(decode_sample(sample));
  }
  if (const auto* answers = fields.if_contains("answers")) {
    for (const json::value& answer : answers->as_array()) batch.answers.push_back(to_answer(answer));
  }
  if (const auto* stalls = fields.if_contains("stalls")) {
    for (const json::value& stall : stalls->as_array()) {
      batch.stalls.push_back({us(stall.as_array().at(0)), us(stall.as_array().at(1))});
    }
  }
  if (const auto* findings = fields.if_contains("findings")) {
    for (const json::value& finding : findings->as_array()) batch.findings.push_back(to_finding(finding));
  }
  return batch;
}

probe::Stream to_stream(const json::value& value) {
  const json::object& o = value.as_object();
  return {static_cast<int>(o.at("id").as_int64()),
          text(o.at("name")),
          named<probe::StreamKind>(o.at("kind")),
          named<probe::ConnectionKind>(o.at("connection")),
          family(o.at("family")),
          optional_address(o.at("address")),
          o.contains("vantage") ? text(o.at("vantage")) : ""};
}

// Runs a throwing decoder and reports what it threw.
template <class Decode>
auto guarded(std::string_view what, Decode decode) -> Result<decltype(decode())> {
  try {
    return decode();
  } catch (const std::exception& error) {
    return fail(fmt::format("unreadable {}: {}", what, error.what()));
  }
}

}  // namespace

json::object encode(const probe::Batch& batch) {
  json::object fields{{"upto", batch.upto.count()}};
  if (!batch.samples.empty()) {
    json::array& samples = fields["samples"].emplace_array();
    for (const probe::Sample& sample : batch.samples) samples.emplace_back(encode_sample(sample));
  }
  if (!batch.answers.empty()) {
    json::array& answers = fields["answers"].emplace_array();
    for (const probe::DnsAnswer& answer : batch.answers) answers.emplace_back(encode(answer));
  }
  if (!batch.stalls.empty()) {
    json::array& stalls = fields["stalls"].emplace_array();
    for (const probe::Stall& stall : batch.stalls)
      stalls.emplace_back(json::array{stall.start.count(), stall.end.count()});
  }
  if (!batch.findings.empty()) {
    json::array& findings = fields["findings"].emplace_array();
    for (const probe::DnsFinding& finding : batch.findings) findings.emplace_back(encode(finding));
  }
  return fields;
}

json::object encode(const probe::DnsAnswer& answer) {
  json::array records;
  for (const probe::AddressRecord& record : answer.records) {
    records.emplace_back(json::array{meshdrill::to_string(record.address), record.ttl.count()});
  }
  json::object fields{{"asked", answer.asked.count()},
                      {"took", answer.took.count()},
                      {"name", answer.name},
                      {"family", to_string(answer.family)},
                      {"server", answer.server},
                      {"result", name(answer.result)},
                      {"aliases", json::array(answer.aliases.begin(), answer.aliases.end())},
                      {"records", std::move(records)}};
  if (!answer.vantage.empty()) fields["vantage"] = answer.vantage;
  if (!answer.unanswered.empty())
    fields["unanswered"] = json::array(answer.unanswered.begin(), answer.unanswered.end());
  if (answer.ttl.count() != 0) fields["ttl"] = answer.ttl.count();
  if (answer.over_tcp) fields["over_tcp"] = true;
  if (answer.authoritative) fields["authoritative"] = true;
  if (!answer.detail.empty()) fields["detail"] = answer.detail;
  return fields;
}

json::object encode(const probe::DnsFinding& finding) {
  return {{"at", finding.at.count()},
          {"change", name(finding.change)},
          {"address", meshdrill::to_string(finding.address)},
          {"vantage", finding.vantage},
          {"server", finding.server}};
}

json::object encode(const probe::Vantage& vantage) {
  return {{"name", vantage.name},
          {"kind", name(vantage.kind)},
          {"servers", json::array(vantage.servers.begin(), vantage.servers.end())},
          {"question", vantage.question},
          {"zone", vantage.zone}};
}

json::object encode(const probe::Stream& stream) {
  json::object fields{{"id", stream.id},
                      {"name", stream.name},
                      {"kind", name(stream.kind)},
                      {"connection", name(stream.connection)},
                      {"family", to_string(stream.family)},
                      {"address", optional_text(stream.address)}};
  if (!stream.vantage.empty()) fields["vantage"] = stream.vantage;
  return fields;
}

Result<probe::Batch> decode_batch(const json::object& fields) {
  return guarded("samples", [&] { return to_batch(fields); });
}

Result<probe::Stream> decode_stream(const json::value& value) {
  return guarded("stream", [&] { return to_stream(value); });
}

Result<probe::DnsAnswer> decode_answer(const json::value& value) {
  return guarded("DNS answer", [&] { return to_answer(value); });
}

Result<probe::DnsFinding> decode_finding(const json::value& value) {
  return guarded("DNS finding", [&] { return to_finding(value); });
}

Result<probe::Vantage> decode_vantage(const json::value& value) {
  return guarded("vantage", [&] { return to_vantage(value); });
}

}  // namespace meshdrill::drill
