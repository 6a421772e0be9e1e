// Adds the journal's entries up.
#include "drill/journal/history.hpp"
#include "drill/journal/sample_codec.hpp"

#include <algorithm>
#include <exception>
#include <iterator>

#include <boost/json/array.hpp>
#include <fmt/format.h>

namespace meshdrill::drill {
namespace {

namespace json = boost::json;
using probe::Offset;

// How long after its planned time a sample waits before it is counted: a phase's entry and a batch come from
// two threads, and this is far longer than the one can lag behind the other.
constexpr Offset settling = std::chrono::milliseconds{300};

std::string text(const json::object& fields, std::string_view key) {
  return std::string{fields.at(key).as_string()};
}

Abort::Kind abort_kind(std::string_view name) {
  using Kind = Abort::Kind;
  for (const Kind kind : {Kind::refused, Kind::guard, Kind::interference, Kind::interrupted}) {
    if (to_string(kind) == name) return kind;
  }
  return Kind::failed;
}

// As name_of(Change) has it.
std::string object_key(const json::object& fields) {
  Change change;
  change.object_kind = object_kind_from_string(text(fields, "kind"));
  change.object = {text(fields, "namespace"), text(fields, "name")};
  return name_of(change);
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

void HistoryBuilder::add_write(const Entry& entry) {
  const std::string action = text(entry.fields, "action");
  (action == "restore" ? history_.restore_written : history_.faulted) = entry.at;
  // There is nothing in the API to wait for: the annotation is the effect, and traffic shows what it does.
  if (history_.scenario.fault.kind == Fault::Kind::unshare) note_effect(entry.at, true, true);
  // What came back by itself before, as deleted Pods do, is not shown again.
  if (action == "restore") note_effect(entry.at, false, back_);
}

void HistoryBuilder::add_observation(const Entry& entry) {
  if (text(entry.fields, "cluster") != history_.target()) return;
  if (const auto* ready = entry.fields.if_contains("readyReplicas"))
    return add_workload(entry, ready->as_int64());
  const Fault::Kind kind = history_.scenario.fault.kind;
  if (const auto* pods = entry.fields.if_contains("podsLeft")) return add_pods(entry, pods->as_int64());
  const auto* ready = entry.fields.if_contains("readyEndpoints");
  if (ready == nullptr) return;
  const auto before = history_.ready_before.find(history_.target());
  const bool back = before == history_.ready_before.end() || ready->as_int64() >= before->second;
  if (kind == Fault::Kind::scale) note_effect(entry.at, ready->as_int64() <= history_.left_ready, back);
  if (kind == Fault::Kind::delete_pods) note_effect(entry.at, false, back);
}

// What is taken away and is not behind the Service: its Pods are counted by its own status.
void HistoryBuilder::add_workload(const Entry& entry, std::int64_t ready) {
  const Fault::Kind kind = history_.scenario.fault.kind;
  if (kind != Fault::Kind::ingress_controller && kind != Fault::Kind::control_plane) return;
  shown_[object_key(entry.fields)] = ready;
  bool gone = true;
  bool back = true;
  for (const Change& change : history_.changes) {
    const auto seen = shown_.find(name_of(change));
    gone = gone && seen != shown_.end() && seen->second <= change.to_replicas;
    back = back && seen != shown_.end() && seen->second >= change.replicas;
  }
  note_effect(entry.at, gone, back);
}

// Deleted Pods of one workload that are still there.
void HistoryBuilder::add_pods(const Entry& entry, std::int64_t left) {
  shown_[object_key(entry.fields)] = left;
  const bool gone = std::all_of(history_.changes.begin(), history_.changes.end(), [&](const Change& change) {
    const auto seen = shown_.find(name_of(change));
    return seen != shown_.end() && seen->second == 0;
  });
  note_effect(entry.at, gone, back_);
}

// From the intent on, not from the acknowledgement: that may be lost, and what it would have said be seen
// before it is settled.
void HistoryBuilder::note_effect(Offset at, bool gone, bool back) {
  back_ = back;
  if (!history_.changed) return;
  if (!restoring_ && gone && !history_.target_drained) history_.target_drained = at;
  if (restoring_ && back && !history_.target_ready_again) history_.target_ready_again = at;
}

void HistoryBuilder::add_abort(const Entry& entry) {
  if (history_.abort) return;
  const auto* signal = entry.fields.if_contains("signal");
  history_.abort = Abort{entry.at, abort_kind(text(entry.fields, "kind")), text(entry.fields, "message"),
                         signal == nullptr ? 0 : static_cast<int>(signal->as_int64())};
}

Result<> HistoryBuilder::add_batch(const json::object& fields) {
  auto batch = decode_batch(fields);
  if (!batch) return tl::unexpected(batch.error());
  std::move(batch->findings.begin(), batch->findings.end(), std::back_inserter(history_.findings));
  for (const probe::Stall& stall : batch->stalls) {
    history_.stalls.push_back(stall);
    for (StreamState& stream : streams_) stream.finder.add(stall);
  }
  for (probe::Sample& sample : batch->samples) {
    if (sample.stream < 0 || static_cast<std::size_t>(sample.stream) >= streams_.size())
      return fail("unknown stream");
    streams_[static_cast<std::size_t>(sample.stream)].order.push(std::move(sample));
  }
  settle(batch->upto - settling);
  return {};
}

// Counts, stream by stream and in order, all samples that were planned before `before`.
void HistoryBuilder::settle(Offset before) {
  for (std::size_t i = 0; i < streams_.size(); ++i) {
    StreamState& stream = streams_[i];
    bool any = false;
    const auto take = [&](const probe::Sample& sample) {
      stream.finder.add(sample);
      count(sample);
      any = true;
    };
    if (before == Offset::max()) {
      // At the end of a run that was killed some may be missing; the rest counts all the same.
      stream.order.finish(take);
    } else {
      stream.order.drain([&](const probe::Sample& sample) { return sample.planned < before; }, take);
    }
    if (any) history_.outages[i] = stream.finder.all();
  }
}

void HistoryBuilder::count(const probe::Sample& sample) {
  const probe::Stream& stream = history_.streams[static_cast<std::size_t>(sample.stream)];
  for (auto phase = history_.phases.rbegin(); phase != history_.phases.rend(); ++phase) {
    if (sample.planned < phase->from) continue;
    phase->tally.add(stream, sample);
    break;
  }
  if (sample.outcome != probe::Outcome::ok || !history_.is_taken_away(sample.cluster, sample.address)) return;
  // A connection that is kept stays where it is: only new ones are no longer led to the target.
  if (history_.scenario.fault.kind == Fault::Kind::unshare && sample.request_on_connection != 1) return;
  if (!history_.faulted || sample.planned < *history_.faulted) ++history_.taken_away_before;
  // Before the restore a late answer counts by when it came; after it, only a request that was sent after it.
  if (!history_.restore_written) {
    history_.last_target_answer = std::max(sample.finished, history_.last_target_answer.value_or(Offset{}));
  } else if (sample.planned >= *history_.restore_written && !history_.target_seen_again) {
    history_.target_seen_again = sample.finished;
  }
}

}  // namespace meshdrill::drill
