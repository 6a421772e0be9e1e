#include "drill/history.hpp"

#include "drill/sample_codec.hpp"

#include <algorithm>
#include <exception>

#include <boost/json/array.hpp>
#include <fmt/format.h>

namespace meshdrill::drill {
namespace {

namespace json = boost::json;
using probe::Offset;

constexpr std::array<std::string_view, 5> abort_names{"refused", "guard", "interference", "interrupted",
                                                      "failed"};

// How long after its planned time a sample waits before it is counted: a phase's entry and a batch come from
// two threads, and this is far longer than the one can lag behind the other.
constexpr Offset settling = std::chrono::milliseconds{300};

std::string text(const json::object& fields, std::string_view key) {
  return std::string{fields.at(key).as_string()};
}

Abort::Kind abort_kind(std::string_view name) {
  const auto* found = std::find(abort_names.begin(), abort_names.end(), name);
  return found == abort_names.end() ? Abort::Kind::failed
                                    : static_cast<Abort::Kind>(found - abort_names.begin());
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

std::string_view to_string(Abort::Kind kind) {
  return abort_names.at(static_cast<std::size_t>(kind));
}

const PhaseRecord* History::phase(Phase wanted) const {
  const auto found =
      std::find_if(phases.begin(), phases.end(), [&](const PhaseRecord& p) { return p.phase == wanted; });
  return found == phases.end() ? nullptr : &*found;
}

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

void HistoryBuilder::add_preflight(const Entry& entry) {
  history_.preflight.push_back(
      {text(entry.fields, "check"), entry.fields.at("ok").as_bool(), text(entry.fields, "message")});
}

void HistoryBuilder::add_target(const json::object& fields) {
  // Earlier versions knew Deployments that go to 0 alone.
  const auto* changes = fields.if_contains("changes");
  if (changes == nullptr) changes = &fields.at("workloads");
  for (const json::value& change : changes->as_array())
    history_.changes.push_back(decode_change(change.as_object()));
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
}

void HistoryBuilder::add_observation(const Entry& entry) {
  if (text(entry.fields, "cluster") != history_.target()) return;
  const auto* ready = entry.fields.if_contains("readyEndpoints");
  // From the intent on, not from the acknowledgement: that may be lost, and what it would have said be seen
  // before it is settled.
  if (ready == nullptr || !history_.changed) return;
  int before = 0;
  if (const auto known = history_.ready_before.find(history_.target());
      known != history_.ready_before.end()) {
    before = known->second;
  }
  if (!restoring_ && ready->as_int64() == 0 && !history_.target_drained) history_.target_drained = entry.at;
  if (restoring_ && ready->as_int64() >= before && !history_.target_ready_again)
    history_.target_ready_again = entry.at;
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
  if (sample.outcome != probe::Outcome::ok || sample.cluster != history_.target()) return;
  // Before the restore a late answer counts by when it came; after it, only a request that was sent after it.
  if (!history_.restore_written) {
    history_.last_target_answer = std::max(sample.finished, history_.last_target_answer.value_or(Offset{}));
  } else if (sample.planned >= *history_.restore_written && !history_.target_seen_again) {
    history_.target_seen_again = sample.finished;
  }
}

Result<History> read_history(const std::filesystem::path& journal) {
  HistoryBuilder builder;
  bool any = false;
  const Result<> read = read_journal(journal, [&](const Entry& entry) {
    any = true;
    return builder.add(entry);
  });
  if (!read) return tl::unexpected(read.error());
  if (!any) return fail(fmt::format("{} is empty: the run ended before it began", journal.string()));
  return builder.history();
}

}  // namespace meshdrill::drill
