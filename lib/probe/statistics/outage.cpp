#include "probe/statistics/outage.hpp"

#include "probe/statistics/proportion.hpp"

#include <algorithm>
#include <cmath>
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

// When a failed request was known to be bad. One that timed out hung from the end of the last phase that it
// came through; any other was told so at its end.
Offset known_bad(const Sample& sample) {
  const Phases& phases = sample.phases;
  switch (sample.outcome) {
    case Outcome::dns_timeout:
      return sample.started;
    case Outcome::connect_timeout:
      return sample.started + phases.dns;
    case Outcome::tls_timeout:
      return sample.started + phases.dns + phases.connect;
    case Outcome::timeout_first_byte:
      return sample.started + phases.dns + phases.connect + phases.tls;
    default:
      return sample.finished;
  }
}

}  // namespace

Bounds Outage::bounds() const {
  if (kind == OutageKind::brownout) {
    Bounds seen{last_bad - first_bad, std::nullopt};
    if (last_good && next_good) seen.upper = *next_good - *last_good;
    return seen;
  }
  Bounds result{std::max(last_bad - bad_by, Offset::zero()), std::nullopt};
  if (last_good && good_by) result.upper = *good_by - *last_good;
  return result;
}

std::optional<std::chrono::microseconds> Outage::confident_upper(double confidence) const {
  if (kind == OutageKind::blackout) return bounds().upper;
  const std::uint64_t bad = failed + slow;
  const std::uint64_t total = bad + good;
  if (bad < 3) return std::nullopt;
  // Three statements share the error: the share of failures (of what lies between the first and the last
  // one, which are failures by choice), and how long it went unnoticed at either end.
  const double error = (1 - confidence) / 3;
  const double share = lower_limit(bad - 2, total - 2, error);
  const double unnoticed = share >= 1 ? 0 : std::ceil(std::log(error) / std::log1p(-share));
  const double quiet = std::max(unnoticed, static_cast<double>(longest_good_run));
  if (static_cast<double>(std::min(good_before, good_after)) < quiet) return std::nullopt;
  const double period = static_cast<double>((last_bad - first_bad).count()) / static_cast<double>(total - 1);
  return last_bad - first_bad + Offset{std::llround(2 * (quiet + 1) * period)};
}

void OutageFinder::add(const Stall& stall) {
  stalls_.push_back(stall);
}

void OutageFinder::add(const Sample& sample) {
  const Verdict verdict = judge(sample);
  if (verdict != Verdict::none) {
    if (last_evidence_) longest_gap_ = std::max(longest_gap_, sample.started - *last_evidence_);
    last_evidence_ = sample.started;
  }
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
  if (sample.syn_retransmits > 0) return Verdict::slow;
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

void OutageFinder::end_blackout(Offset started, Offset answered) {
  if (current_ && run_first_) {
    Bounds run{std::max(run_last_ - run_first_by_, Offset::zero()), std::nullopt};
    if (last_answered_) run.upper = answered - *last_answered_;
    if (longer(run, current_->longest_blackout)) current_->longest_blackout = run;
  }
  run_first_.reset();
  last_answered_ = started;
}

void OutageFinder::close() {
  closed_.push_back(*std::exchange(current_, std::nullopt));
  if (closed_.size() <= rules_.kept) return;
  closed_.erase(std::min_element(closed_.begin(), closed_.end(), [](const Outage& a, const Outage& b) {
    return a.bounds().lower < b.bounds().lower;
  }));
  ++dropped_;
}

void OutageFinder::begin(const Sample& sample, Verdict verdict) {
  const Offset at = sample.started;
  current_.emplace();
  current_->stream = sample.stream;
  current_->last_good = last_good_;
  current_->first_bad = at;
  current_->bad_by = verdict == Verdict::slow ? at : known_bad(sample);
  current_->good_before = good_in_a_row_;
  current_->runs = 1;
  current_->blind = blind_ || overlaps_stall(last_good_.value_or(at), at);
}

void OutageFinder::add_bad(const Sample& sample, Verdict verdict) {
  const Offset at = sample.started;
  if (current_ && current_->next_good && at - current_->last_bad >= rules_.settle) close();
  if (!current_) {
    begin(sample, verdict);
  } else if (current_->next_good) {
    ++current_->runs;
    current_->longest_good_run = std::max(current_->longest_good_run, good_since_bad_);
    current_->good += std::exchange(good_since_bad_, 0);
    current_->good_after = 0;
    current_->next_good.reset();
    current_->good_by.reset();
  }
  current_->last_bad = at;
  good_since_bad_ = 0;
  good_in_a_row_ = 0;
  blind_ = false;
  if (verdict == Verdict::slow) {
    ++current_->slow;
    end_blackout(at, sample.finished);
  } else {
    ++current_->failed;
    ++current_->reasons[static_cast<std::size_t>(sample.outcome)];
    current_->statuses.add(sample);
    if (!run_first_) {
      run_first_ = at;
      run_first_by_ = known_bad(sample);
    }
    run_last_ = at;
    const Bounds so_far{std::max(run_last_ - run_first_by_, Offset::zero()), std::nullopt};
    if (longer(so_far, current_->longest_blackout)) current_->longest_blackout = so_far;
  }
  if (current_->slow + current_->good > 0) current_->kind = OutageKind::brownout;
}

void OutageFinder::add_good(const Sample& sample) {
  const Offset at = sample.started;
  end_blackout(at, sample.finished);
  ++good_in_a_row_;
  if (current_) {
    ++good_since_bad_;
    ++current_->good_after;
    if (!current_->next_good) {
      current_->next_good = at;
      current_->good_by = sample.finished;
      current_->blind = current_->blind || blind_ || overlaps_stall(current_->last_bad, at);
    }
    if (at - current_->last_bad >= rules_.settle) close();
  } else if (!closed_.empty()) {
    ++closed_.back().good_after;
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
