#include "drill/journal/codec_parts.hpp"

namespace meshdrill::drill {
namespace {

using namespace codec;

// What most samples have nothing to say of, by name: an array's last element, left out when empty.
json::object encode_rare(const probe::Sample& s) {
  json::object rare;
  if (s.syn_retransmits != 0) rare["syn_retransmits"] = s.syn_retransmits;
  if (s.stalled) rare["stalled"] = true;
  if (s.attempts != 0) rare["attempts"] = s.attempts;
  if (s.rescue != probe::Rescue::none) rare["rescue"] = name(s.rescue);
  if (s.rescued_from) rare["rescued_from"] = to_string(*s.rescued_from);
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

json::object encode(const probe::Stream& stream) {
  json::object fields{{"id", stream.id},
                      {"name", stream.name},
                      {"kind", name(stream.kind)},
                      {"connection", name(stream.connection)},
                      {"family", family_name(stream.family)},
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

}  // namespace meshdrill::drill
