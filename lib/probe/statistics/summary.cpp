#include "probe/statistics/summary.hpp"

#include <algorithm>
#include <numeric>

namespace meshdrill::probe {

std::uint64_t StreamSummary::planned() const {
  return std::accumulate(outcomes.begin(), outcomes.end(), std::uint64_t{0});
}

std::uint64_t StreamSummary::evidence() const {
  return planned() - count(Outcome::not_sent) - count(Outcome::cancelled);
}

double StreamSummary::failed_share() const {
  const std::uint64_t all = evidence();
  return all == 0 ? 0 : static_cast<double>(all - count(Outcome::ok)) / static_cast<double>(all);
}

Summary::Summary(const std::vector<Stream>& streams, const OutageRules& rules) {
  for (const Stream& stream : streams) {
    readings_.push_back(Reading{{.stream = stream}, OutageFinder{rules}, {}, 0});
  }
}

Summary::Summary(const Run& run, const OutageRules& rules) : Summary(run.streams, rules) {
  for (const DnsAnswer& answer : run.answers) add(answer);
  for (const DnsFinding& finding : run.findings) add(finding);
}

void Summary::add(const DnsAnswer& answer) {
  LookupSummary& lookup = lookups_[{answer.vantage, answer.family}];
  ++lookup.results[answer.result];
  if (!answer.records.empty()) ++lookup.first[answer.records.front().address];
  if (answer.over_tcp) ++lookup.over_tcp;
  lookup.took.add(answer.took);
  lookup.last = answer;
}

void Summary::add(const DnsFinding& finding) {
  if (findings_.size() < kept) findings_.push_back(finding);
}

void Summary::add(const Batch& batch) {
  // Stalls first: the outage finder must know of them before it reads a sample that was in flight during one.
  for (const Stall& stall : batch.stalls) {
    ++stalls_.count;
    stalls_.total += stall.end - stall.start;
    stalls_.longest = std::max(stalls_.longest, stall.end - stall.start);
    if (stalls_.latest.size() == kept) stalls_.latest.erase(stalls_.latest.begin());
    stalls_.latest.push_back(stall);
    for (Reading& reading : readings_) reading.finder.add(stall);
  }
  for (const DnsAnswer& answer : batch.answers) add(answer);
  for (const DnsFinding& finding : batch.findings) add(finding);
  for (const Sample& sample : batch.samples) add(sample);
  upto_ = batch.upto;
}

void Summary::add(const Sample& sample) {
  Reading& reading = readings_.at(static_cast<std::size_t>(sample.stream));
  StreamSummary& summary = reading.summary;
  ++reading.samples;
  ++summary.outcomes[static_cast<std::size_t>(sample.outcome)];
  summary.statuses.add(sample);
  if (sample.stalled) ++summary.stalled;
  if (sample.rescue != Rescue::none) ++summary.rescued;
  if (sample.outcome == Outcome::ok) {
    summary.times.add(sample);
  }
  // A connection that was never made has a bucket of its own.
  if (sample.syn_retransmits > 0 && sample.outcome != Outcome::connect_timeout) ++summary.syn_retransmits;
  if (sample.outcome != Outcome::not_sent) lateness_.add(sample.started - sample.planned);
  tally_.add(summary.stream, sample);
  reading.order.add(sample, [&](const Sample& next) { reading.finder.add(next); });
}

std::vector<StreamSummary> Summary::streams() const {
  std::vector<StreamSummary> result;
  for (const Reading& reading : readings_) {
    result.push_back(reading.summary);
    result.back().outages = reading.finder.all();
    result.back().outages_dropped = reading.finder.dropped();
    result.back().longest_gap = reading.finder.longest_gap();
  }
  return result;
}

bool Summary::has_all(std::uint64_t requests) const {
  return std::all_of(readings_.begin(), readings_.end(),
                     [&](const Reading& reading) { return reading.samples >= requests; });
}

}  // namespace meshdrill::probe
