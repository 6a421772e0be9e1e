#include "probe/summary.hpp"

#include <numeric>

namespace meshdrill::probe {

std::uint64_t StreamSummary::planned() const {
  return std::accumulate(outcomes.begin(), outcomes.end(), std::uint64_t{0});
}

Summary::Summary(const std::vector<Stream>& streams, const OutageRules& rules) {
  for (const Stream& stream : streams) {
    readings_.push_back(Reading{{stream, {}, {}, {}}, OutageFinder{rules}, {}, 0});
  }
}

void Summary::add(const DnsAnswer& answer) {
  LookupSummary& lookup = lookups_[answer.family];
  ++lookup.results[answer.result];
  if (!answer.records.empty()) ++lookup.first[answer.records.front().address];
  lookup.took.add(answer.took);
  lookup.last = answer;
}

void Summary::add(const Batch& batch) {
  // Stalls first: the outage finder must know of them before it reads a sample that was in flight during one.
  for (const Stall& stall : batch.stalls) {
    stalls_.push_back(stall);
    for (Reading& reading : readings_) reading.finder.add(stall);
  }
  for (const DnsAnswer& answer : batch.answers) add(answer);
  for (const Sample& sample : batch.samples) add(sample);
  upto_ = batch.upto;
}

void Summary::add(const Sample& sample) {
  Reading& reading = readings_.at(static_cast<std::size_t>(sample.stream));
  StreamSummary& summary = reading.summary;
  ++summary.outcomes[static_cast<std::size_t>(sample.outcome)];
  if (sample.outcome == Outcome::ok) summary.latency.add(sample.latency());
  if (sample.outcome != Outcome::not_sent) lateness_.add(sample.started - sample.planned);
  tally_.add(summary.stream, sample);
  // The finder reads in order of the plan, and samples come in the order in which they finished.
  reading.waiting.emplace(sample.index, sample);
  for (auto next = reading.waiting.begin(); next != reading.waiting.end() && next->first == reading.next;) {
    reading.finder.add(next->second);
    next = reading.waiting.erase(next);
    ++reading.next;
  }
}

std::vector<StreamSummary> Summary::streams() const {
  std::vector<StreamSummary> result;
  for (const Reading& reading : readings_) {
    result.push_back(reading.summary);
    result.back().outages = reading.finder.all();
  }
  return result;
}

}  // namespace meshdrill::probe
