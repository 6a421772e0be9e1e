#include "probe/outage.hpp"

#include <algorithm>
#include <utility>

namespace meshdrill::probe {
namespace {

constexpr std::array<std::string_view, 2> kinds{"blackout", "brownout"};

// After a stall, timers that fell due in it and answers that arrived in it are handled together, in no
// certain order, for about this long.
constexpr Offset catching_up = std::chrono::milliseconds{100};

bool longer(const Bounds& a, const Bounds& b) {
  return a.lower != b.lower ? a.lower > b.lower : a.upper > b.upper;
}

}  // namespace

Bounds Outage::bounds() const {
  Bounds result{last_bad - first_bad, std::nullopt};
  if (last_good && next_good) result.upper = *next_good - *last_good;
  return result;
}

void OutageFinder::add(const Stall& stall) {
  stalls_.push_back(stall);
}

void OutageFinder::add(const Sample& sample) {
  const Verdict verdict = judge(sample);
  switch (verdict) {
    case Verdict::none:
      blind_ = true;
      break;
    case Verdict::good:
      add_good(sample);
      break;
    case Verdict::slow:
    case Verdict::failed:
      add_bad(sample, verdict);
      break;
  }
  const Offset oldest_needed = std::min(sample.planned, last_good_.value_or(Offset::min()));
  while (!stalls_.empty() && stalls_.front().end + catching_up < oldest_needed) stalls_.pop_front();
}

OutageFinder::Verdict OutageFinder::judge(const Sample& sample) const {
  if (!is_evidence(sample.outcome)) return Verdict::none;
  if (sample.outcome != Outcome::ok) {
    // A time-out that fell due while we were not looking may have had its answer waiting.
    const bool ours =
        is_timeout(sample.outcome) && overlaps_stall(sample.finished - catching_up, sample.finished);
    return ours ? Verdict::none : Verdict::failed;
  }
  Offset latency = sample.latency();
  for (const Stall& stall : stalls_) {
    const Offset overlap = std::min(stall.end, sample.finished) - std::max(stall.start, sample.planned);
    if (overlap > Offset::zero()) latency -= overlap;
  }
  return latency >= rules_.slow_after ? Verdict::slow : Verdict::good;
}

bool OutageFinder::overlaps_stall(Offset from, Offset to) const {
  return std::any_of(stalls_.begin(), stalls_.end(),
                     [&](const Stall& stall) { return stall.start <= to && stall.end >= from; });
}

void OutageFinder::end_blackout(Offset answered) {
  if (current_ && run_first_) {
    Bounds run{run_last_ - *run_first_, std::nullopt};
    if (last_answered_) run.upper = answered - *last_answered_;
    if (longer(run, current_->longest_blackout)) current_->longest_blackout = run;
  }
  run_first_.reset();
  last_answered_ = answered;
}

void OutageFinder::close() {
  closed_.push_back(*std::exchange(current_, std::nullopt));
}

void OutageFinder::add_bad(const Sample& sample, Verdict verdict) {
  const Offset at = sample.started;
  if (current_ && current_->next_good && at - current_->last_bad >= rules_.settle) close();
  if (!current_) {
    current_.emplace();
    current_->stream = sample.stream;
    current_->last_good = last_good_;
    current_->first_bad = at;
    current_->runs = 1;
    current_->blind = blind_ || overlaps_stall(last_good_.value_or(at), at);
  } else if (current_->next_good) {
    ++current_->runs;
    current_->good += std::exchange(good_since_bad_, 0);
    current_->next_good.reset();
  }
  current_->last_bad = at;
  good_since_bad_ = 0;
  blind_ = false;
  if (verdict == Verdict::slow) {
    ++current_->slow;
    end_blackout(at);
  } else {
    ++current_->failed;
    ++current_->reasons[static_cast<std::size_t>(sample.outcome)];
    if (!run_first_) run_first_ = at;
    run_last_ = at;
    const Bounds so_far{run_last_ - *run_first_, std::nullopt};
    if (longer(so_far, current_->longest_blackout)) current_->longest_blackout = so_far;
  }
  if (current_->slow + current_->good > 0) current_->kind = OutageKind::brownout;
}

void OutageFinder::add_good(const Sample& sample) {
  const Offset at = sample.started;
  end_blackout(at);
  if (current_) {
    ++good_since_bad_;
    if (!current_->next_good) {
      current_->next_good = at;
      current_->blind = current_->blind || blind_ || overlaps_stall(current_->last_bad, at);
    }
    if (at - current_->last_bad >= rules_.settle) close();
  }
  last_good_ = at;
  blind_ = false;
}

std::vector<Outage> OutageFinder::all() const {
  std::vector<Outage> result = closed_;
  if (current_) result.push_back(*current_);
  return result;
}

std::vector<Outage> find_outages(std::span<const Sample> samples, std::span<const Stall> stalls,
                                 const OutageRules& rules) {
  OutageFinder finder{rules};
  for (const Stall& stall : stalls) finder.add(stall);
  for (const Sample& sample : samples) finder.add(sample);
  return finder.all();
}

std::string_view to_string(OutageKind kind) {
  return kinds.at(static_cast<std::size_t>(kind));
}
template <>
std::optional<OutageKind> from_string(std::string_view text) {
  return find_name<OutageKind>(kinds, text);
}

}  // namespace meshdrill::probe
