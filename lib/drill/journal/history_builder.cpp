// Adds the journal's entries up: what is known of the run, and its phases.
#include "drill/journal/history.hpp"
#include "drill/journal/sample_codec.hpp"
#include "drill/json_members.hpp"

#include <exception>

#include <boost/json/array.hpp>
#include <fmt/format.h>

namespace meshdrill::drill {
namespace {

namespace json = boost::json;
using probe::Offset;

Abort::Kind abort_kind(std::string_view name) {
  using Kind = Abort::Kind;
  for (const Kind kind : {Kind::refused, Kind::guard, Kind::interference, Kind::interrupted}) {
    if (to_string(kind) == name) return kind;
  }
  return Kind::failed;
}

ClusterInfo parse_cluster(const json::object& fields) {
  ClusterInfo cluster{text(fields, "name"), text(fields, "context"), text(fields, "uid"), {}};
  for (const json::value& address : fields.at("ingress").as_array()) {
    if (const auto parsed = parse_ip(std::string_view{address.as_string()}))
      cluster.ingress.push_back(*parsed);
  }
  return cluster;
}

}  // namespace

Result<> HistoryBuilder::add(const Entry& entry) {
  try {
    if (!started_ && entry.event != "start") return fail("the journal does not begin with a start");
    if (entry.event == "start") return add_start(entry.fields);
    if (entry.event == "streams") return add_streams(entry.fields);
    if (entry.event == "phase") return add_phase(entry);
    if (entry.event == "samples") return add_batch(entry.fields);
    if (entry.event == "preflight") add_preflight(entry);
    if (entry.event == "target") add_target(entry.fields);
    if (entry.event == "intent") {
      history_.changed = true;
      if (text(entry.fields, "action") == "restore") restoring_ = true;
    }
    if (entry.event == "wrote") add_write(entry);
    if (entry.event == "observed") add_observation(entry);
    if (entry.event == "abort") add_abort(entry);
    if (entry.event == "ownership") history_.ownership.push_back(text(entry.fields, "message"));
    if (entry.event == "restored") {
      history_.restored =
          Restored{entry.at, entry.fields.at("verified").as_bool(), text(entry.fields, "message")};
    }
    if (entry.event == "end") {
      settle(Offset::max());
      if (!history_.phases.empty()) history_.phases.back().to = entry.at;
      history_.ended = true;
    }
    // An event that is not known here comes from a newer version, which may add some within one schema.
    return {};
  } catch (const std::exception& error) {
    return fail(fmt::format("unreadable {} entry: {}", entry.event, error.what()));
  }
}

Result<> HistoryBuilder::add_start(const json::object& fields) {
  const auto schema = fields.at("schema").as_int64();
  if (schema != journal_schema) {
    return fail(fmt::format("the journal has schema {}, and this version of meshdrill reads {}", schema,
                            journal_schema));
  }
  auto scenario = read_scenario_text(text(fields, "drill"), text(fields, "drillFile"));
  if (!scenario)
    return fail(
        fmt::format("the drill in the journal cannot be read: {}", to_string(scenario.error().front())));
  history_.scenario = std::move(*scenario);
  // A drill of each cluster in turn is one run for each.
  if (const auto* cluster = fields.if_contains("cluster"))
    history_.scenario.target.cluster = cluster->as_string();
  take_service(fields);
  history_.run = text(fields, "run");
  history_.version = text(fields, "version");
  history_.started = text(fields, "wall");
  history_.host = text(fields, "host");
  history_.url = text(fields, "url");
  history_.mesh = text(fields, "mesh");
  for (const json::value& cluster : fields.at("clusters").as_array()) {
    history_.clusters.push_back(parse_cluster(cluster.as_object()));
  }
  started_ = true;
  return {};
}

// "service" of an entry; earlier versions had it in the drill file alone.
void HistoryBuilder::take_service(const json::object& fields) {
  const auto* service = fields.if_contains("service");
  if (service == nullptr) return;
  const std::string name{service->as_string()};
  const std::size_t slash = name.find('/');
  if (slash != std::string::npos)
    history_.scenario.target.service = {name.substr(0, slash), name.substr(slash + 1)};
}

void HistoryBuilder::add_preflight(const Entry& entry) {
  history_.preflight.push_back({text(entry.fields, "check"), entry.fields.at("ok").as_bool(),
                                text(entry.fields, "message"), entry.fields.contains("warning")});
}

void HistoryBuilder::add_target(const json::object& fields) {
  // Earlier versions knew Deployments that go to 0 alone.
  const auto* changes = fields.if_contains("changes");
  if (changes == nullptr) changes = &fields.at("workloads");
  for (const json::value& change : changes->as_array())
    history_.changes.push_back(decode_change(change.as_object()));
  take_service(fields);
  if (const auto* left = fields.if_contains("left")) history_.left_ready = static_cast<int>(left->as_int64());
  for (ClusterInfo& cluster : history_.clusters) {
    if (const auto* uid = fields.at("uids").as_object().if_contains(cluster.name))
      cluster.uid = uid->as_string();
  }
  for (const auto& [cluster, ready] : fields.at("ready").as_object()) {
    history_.ready_before[std::string{cluster}] = static_cast<int>(ready.as_int64());
  }
}

Result<> HistoryBuilder::add_streams(const json::object& fields) {
  for (const json::value& value : fields.at("streams").as_array()) {
    auto stream = decode_stream(value);
    if (!stream) return tl::unexpected(stream.error());
    history_.streams.push_back(std::move(*stream));
  }
  for (const json::value& value : fields.at("answers").as_array()) {
    auto answer = decode_answer(value);
    if (!answer) return tl::unexpected(answer.error());
    history_.first_answers.push_back(std::move(*answer));
  }
  // Earlier versions did not write these two.
  if (const auto* vantages = fields.if_contains("vantages")) {
    for (const json::value& value : vantages->as_array()) {
      auto vantage = decode_vantage(value);
      if (!vantage) return tl::unexpected(vantage.error());
      history_.vantages.push_back(std::move(*vantage));
    }
  }
  if (const auto* findings = fields.if_contains("findings")) {
    for (const json::value& value : findings->as_array()) {
      auto finding = decode_finding(value);
      if (!finding) return tl::unexpected(finding.error());
      history_.findings.push_back(std::move(*finding));
    }
  }
  streams_.resize(history_.streams.size());
  history_.outages.resize(history_.streams.size());
  return {};
}

Result<> HistoryBuilder::add_phase(const Entry& entry) {
  const auto phase = phase_from_string(text(entry.fields, "phase"));
  if (!phase) return fail("unknown phase");
  if (!history_.phases.empty()) history_.phases.back().to = entry.at;
  history_.phases.push_back({*phase, entry.at, std::nullopt, {}});
  return {};
}

void HistoryBuilder::add_abort(const Entry& entry) {
  if (history_.abort) return;
  const auto* signal = entry.fields.if_contains("signal");
  history_.abort = Abort{entry.at, abort_kind(text(entry.fields, "kind")), text(entry.fields, "message"),
                         signal == nullptr ? 0 : static_cast<int>(signal->as_int64())};
}

}  // namespace meshdrill::drill
