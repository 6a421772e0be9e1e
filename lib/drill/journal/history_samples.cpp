// Counts what the prober saw, each sample once and in order.
#include "drill/journal/history.hpp"
#include "drill/journal/sample_codec.hpp"

#include <algorithm>
#include <iterator>

namespace meshdrill::drill {
namespace {

namespace json = boost::json;
using probe::Offset;

// How long after its planned time a sample waits before it is counted: a phase's entry and a batch come from
// two threads, and this is far longer than the one can lag behind the other.
constexpr Offset settling = std::chrono::milliseconds{300};

}  // namespace

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
