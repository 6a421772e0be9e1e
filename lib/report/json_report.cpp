#include "report/json_report.hpp"

#include "probe/show/json_terms.hpp"
#include "report/phrases.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

namespace meshdrill::report {
namespace {

namespace json = boost::json;
using drill::History;

json::value optional_us(const std::optional<probe::Offset>& time) {
  return time ? json::value(time->count()) : json::value(nullptr);
}

json::array checks(const drill::Verdict& verdict) {
  json::array all;
  for (const drill::Check& check : verdict.checks) {
    all.push_back({{"phase", to_string(check.phase)},
                   {"check", check.name},
                   {"outcome", to_string(check.outcome)},
                   {"message", check.sentence}});
  }
  return all;
}

json::array outages(const History& history) {
  json::array all;
  for (std::size_t i = 0; i < history.outages.size(); ++i) {
    for (const probe::Outage& outage : history.outages[i]) {
      const probe::Bounds bounds = outage.bounds();
      json::object reasons;
      for (std::size_t r = 0; r < probe::outcome_count; ++r) {
        if (outage.reasons.at(r) > 0)
          reasons[to_string(static_cast<probe::Outcome>(r))] = outage.reasons.at(r);
      }
      all.push_back({{"stream", history.streams[i].name},
                     {"kind", probe::to_string(outage.kind)},
                     {"lower", bounds.lower.count()},
                     {"upper", optional_us(bounds.upper)},
                     {"firstBad", outage.first_bad.count()},
                     {"lastBad", outage.last_bad.count()},
                     {"failed", outage.failed},
                     {"slow", outage.slow},
                     {"good", outage.good},
                     {"reasons", std::move(reasons)},
                     {"httpStatuses", probe::statuses_json(outage.statuses)}});
    }
  }
  return all;
}

json::array cells(const probe::Tally& tally) {
  json::array all;
  for (const auto& [key, cell] : tally.cells()) {
    json::object outcomes;
    for (std::size_t i = 0; i < probe::outcome_count; ++i) {
      if (cell.outcomes.at(i) > 0) outcomes[to_string(static_cast<probe::Outcome>(i))] = cell.outcomes.at(i);
    }
    all.push_back({{"stream", to_string(key.kind)},
                   {"connection", to_string(key.connection)},
                   {"address", key.address ? json::value(to_string(*key.address)) : json::value(nullptr)},
                   {"cluster", key.cluster.empty() ? json::value(nullptr) : json::value(key.cluster)},
                   {"requests", cell.total()},
                   {"connections", cell.connections},
                   {"outcomes", std::move(outcomes)},
                   {"httpStatuses", probe::statuses_json(cell.statuses)},
                   {"latency",
                    {{"p50", cell.latency().quantile(0.5).count()},
                     {"p99", cell.latency().quantile(0.99).count()},
                     {"max", cell.latency().max().count()}}}});
  }
  return all;
}

json::array phases(const History& history) {
  json::array all;
  for (const drill::PhaseRecord& phase : history.phases) {
    all.push_back({{"phase", to_string(phase.phase)},
                   {"from", phase.from.count()},
                   {"to", optional_us(phase.to)},
                   {"matrix", cells(phase.tally)}});
  }
  return all;
}

json::object restore(const History& history) {
  json::array workloads;
  for (const drill::Change& change : history.changes) {
    if (change.kind == drill::ChangeKind::field) continue;
    workloads.push_back({{"cluster", history.target()},
                         {"kind", to_string(change.object_kind)},
                         {"namespace", change.object.ns},
                         {"name", change.object.name},
                         {"replicas", change.replicas}});
  }
  return {{"needed", history.changed},
          {"verified", history.restored && history.restored->verified},
          {"message", history.restored ? history.restored->message : ""},
          {"workloads", std::move(workloads)},
          {"ownership", json::array(history.ownership.begin(), history.ownership.end())}};
}

json::array preflight(const History& history) {
  json::array all;
  for (const drill::Finding& finding : history.preflight) {
    all.push_back({{"check", finding.check},
                   {"ok", finding.ok},
                   {"warning", finding.warning},
                   {"message", finding.message}});
  }
  return all;
}

json::object proof_times(const History& history) {
  return {{"faultAcknowledged", optional_us(history.faulted)},
          {"endpointsGone", optional_us(history.target_drained)},
          {"lastAnswerFromTarget", optional_us(history.last_target_answer)},
          {"restoreAcknowledged", optional_us(history.restore_written)},
          {"endpointsReadyAgain", optional_us(history.target_ready_again)},
          {"firstAnswerFromTargetAgain", optional_us(history.target_seen_again)}};
}

}  // namespace

std::string render_json(const History& history, const drill::Verdict& verdict) {
  json::array clusters;
  for (const drill::ClusterInfo& cluster : history.clusters) {
    clusters.push_back({{"name", cluster.name}, {"context", cluster.context}, {"uid", cluster.uid}});
  }
  const json::object report{
      {"schema", 1},
      {"run", history.run},
      {"drill", history.scenario.name},
      {"version", history.version},
      {"started", history.started},
      {"url", history.url},
      {"target", {{"cluster", history.target()}, {"service", to_string(history.scenario.target.service)}}},
      {"clusters", std::move(clusters)},
      {"verdict", to_string(verdict.kind)},
      {"exitCode", verdict.exit_code},
      {"reason", verdict.reason},
      {"checks", checks(verdict)},
      {"outages", outages(history)},
      {"phases", phases(history)},
      {"preflight", preflight(history)},
      {"proofs", proof_times(history)},
      {"restore", restore(history)},
      {"faultClass", verdict.fault_class},
      {"notProved", json::array(verdict.not_proved.begin(), verdict.not_proved.end())}};
  return json::serialize(report) + "\n";
}

}  // namespace meshdrill::report
