// What DNS answered, as it stands in the journal.
#include "drill/journal/codec_parts.hpp"

namespace meshdrill::drill {
namespace codec {

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

}  // namespace codec

namespace {

using namespace codec;

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

}  // namespace

json::object encode(const probe::DnsAnswer& answer) {
  json::array records;
  for (const probe::AddressRecord& record : answer.records) {
    records.emplace_back(json::array{to_string(record.address), record.ttl.count()});
  }
  json::object fields{{"asked", answer.asked.count()},
                      {"took", answer.took.count()},
                      {"name", answer.name},
                      {"family", family_name(answer.family)},
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
          {"address", to_string(finding.address)},
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
