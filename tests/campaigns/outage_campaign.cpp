// Outages whose beginning and end are known exactly, against what the prober says of them; and balancers
// whose shares are known, against its verdicts.
//
// usage: outage_campaign SECONDS RATE…
//
// Each rate runs for SECONDS, on many targets side by side. An outage passes when its interval holds the
// truth, and when its width is at most two periods and what the four requests at its edges took: late starts,
// the time until the first bad one was known to be bad and until the first good one was answered. One that
// was not seen passes when it was no longer than the longest gap that the stream itself reports. The exit
// code is 0 when at least 99 % hold the truth, and everything else holds always.
#include "outage_targets.hpp"
#include "probe/statistics/balance.hpp"
#include "probe/statistics/summary.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <optional>
#include <random>
#include <stdexcept>
#include <sys/resource.h>

#include <fmt/format.h>

namespace meshdrill::campaign {
namespace {

using namespace std::chrono_literals;
using probe::Offset;
using probe::Outage;

struct Score {
  int outages = 0;
  int seen = 0;
  int too_short = 0;  // not seen, and it could not be
  int missed = 0;     // not seen, and it should have been
  int held = 0;
  int narrow = 0;  // among those seen and not blind
  int blind = 0;
  int invented = 0;            // said, and not true
  std::vector<double> widths;  // in periods
  std::uint64_t stalls = 0;
};

double in_seconds(Clock::duration time) {
  return std::chrono::duration<double>(time).count();
}

// The run of one rate: everything the prober said, and when each request should have started.
struct Recorded {
  probe::Run run;
  std::optional<probe::Summary> summary;
  std::vector<std::map<Offset, Offset>> planned;  // by stream: when it started -> when it was planned
};

probe::ProbeConfig config_of(const Targets& targets, double rate) {
  probe::ProbeConfig config;
  config.url = fmt::format("http://127.77.0.1:{}/", targets.port());
  config.addresses = targets.addresses();
  config.rate = rate;
  config.following = false;
  config.timeouts.first_byte = 1s;
  return config;
}

Recorded probe_for(const Targets& targets, double rate, Clock::time_point end) {
  Recorded recorded;
  std::mutex mutex;
  std::vector<probe::Batch> batches;
  probe::Prober prober{config_of(targets, rate), [&](probe::Batch batch) {
                         const std::lock_guard lock{mutex};
                         batches.push_back(std::move(batch));
                       }};
  auto run = prober.start();
  if (!run) throw std::runtime_error(run.error().message);
  std::this_thread::sleep_until(end);
  if (const auto stopped = prober.stop(); !stopped) throw std::runtime_error(stopped.error().message);
  recorded.run = std::move(*run);
  recorded.summary.emplace(recorded.run);
  recorded.planned.resize(recorded.run.streams.size());
  for (const probe::Batch& batch : batches) {
    recorded.summary->add(batch);
    for (const probe::Sample& sample : batch.samples)
      recorded.planned[static_cast<std::size_t>(sample.stream)][sample.started] = sample.planned;
  }
  return recorded;
}

// How much later than planned the request at this edge started.
Offset lateness(const std::map<Offset, Offset>& planned, const std::optional<Offset>& started) {
  const auto found = started ? planned.find(*started) : planned.end();
  return found == planned.end() ? Offset{} : *started - found->second;
}

void score_width(const Outage& outage, const std::map<Offset, Offset>& planned, double period, Score& score) {
  const probe::Bounds bounds = outage.bounds();
  if (!bounds.upper || outage.blind) {
    ++score.blind;
    return;
  }
  const Offset width = *bounds.upper - bounds.lower;
  Offset edges = outage.bad_by - outage.first_bad + (*outage.good_by - *outage.next_good);
  // A request that starts late widens the interval where it is an outer edge.
  edges += lateness(planned, outage.first_bad) + lateness(planned, outage.next_good);
  const double excess = std::chrono::duration<double>(width - edges).count() - 2 * period;
  if (excess <= 10e-6) ++score.narrow;  // times are whole µs
  score.widths.push_back(std::chrono::duration<double>(width).count() / period);
}

void score_stream(const probe::StreamSummary& stream, const std::vector<Truth>& truths,
                  const Recorded& recorded, double period, Score& score) {
  std::vector<bool> explained(stream.outages.size());
  const auto offset = [&](Clock::time_point time) {
    return std::chrono::duration_cast<Offset>(time - recorded.run.epoch);
  };
  for (const Truth& truth : truths) {
    ++score.outages;
    const Outage* found = nullptr;
    for (std::size_t i = 0; i < stream.outages.size(); ++i) {
      const Outage& outage = stream.outages[i];
      if (outage.first_bad > offset(truth.end_before) || outage.last_bad < offset(truth.begin_after) - 500ms)
        continue;
      explained[i] = true;
      if (found == nullptr) found = &outage;
    }
    if (found == nullptr) {
      ++(truth.longest() <= stream.longest_gap + 1ms ? score.too_short : score.missed);
      continue;
    }
    ++score.seen;
    const probe::Bounds bounds = found->bounds();
    const bool held = bounds.lower <= truth.longest() && (!bounds.upper || *bounds.upper >= truth.shortest());
    if (held) {
      ++score.held;
    } else {
      fmt::print(
          "  not held: {} at {:.3f} s truly {:.4f} to {:.4f} s, said {:.4f} to {:.4f} s, kind {}, fault {}\n",
          stream.stream.name, std::chrono::duration<double>(found->first_bad).count(),
          in_seconds(truth.shortest()), in_seconds(truth.longest()), in_seconds(bounds.lower),
          in_seconds(bounds.upper.value_or(Offset{})), to_string(found->kind), static_cast<int>(truth.fault));
    }
    score_width(*found, recorded.planned[static_cast<std::size_t>(stream.stream.id)], period, score);
  }
  score.invented += static_cast<int>(std::count(explained.begin(), explained.end(), false));
}

Score run_rate(double rate, double seconds, std::mt19937_64& random) {
  const auto count = static_cast<std::size_t>(std::clamp(800 / rate, 4.0, 40.0));
  Targets targets{std::vector<Balancer>(count, [] { return std::string{"one"}; })};
  const auto end =
      Clock::now() + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
  // Shared by all targets, and used on their thread alone.
  const auto dice = std::make_shared<std::mt19937_64>(random());
  const auto next = [dice] {
    Episode episode;
    std::mt19937_64& engine = *dice;
    const double exponent = std::uniform_real_distribution<double>{std::log(0.02), std::log(5.0)}(engine);
    episode.ill = std::chrono::microseconds{std::llround(std::exp(exponent) * 1e6)};
    episode.well =
        std::chrono::microseconds{std::uniform_int_distribution<int>{1'800'000, 2'800'000}(engine)};
    episode.fault = static_cast<Fault>(std::uniform_int_distribution<int>{0, 3}(engine));
    return episode;
  };
  targets.run_faults(end, next);
  const Recorded recorded = probe_for(targets, rate, end);
  Score score;
  const auto truths = targets.truths();
  for (const probe::StreamSummary& stream : recorded.summary->streams()) {
    score_stream(stream, truths[static_cast<std::size_t>(stream.stream.id)], recorded, 1 / rate, score);
  }
  score.stalls = recorded.summary->stalls().count;
  return score;
}

struct Counts {
  int passed = 0;
  int failed = 0;
  bool good = true;
};

void report(double rate, Score score, Counts& counts) {
  std::sort(score.widths.begin(), score.widths.end());
  const auto width = [&](double part) {
    return score.widths.empty()
               ? 0
               : score.widths[static_cast<std::size_t>(part * static_cast<double>(score.widths.size() - 1))];
  };
  fmt::print("{:>6}/s {:>8} {:>6} {:>10} {:>7} {:>14} {:>6} {:>13} {:>9.2f} {:>9.2f} {:>9} {:>7}\n", rate,
             score.outages, score.seen, score.too_short, score.missed,
             fmt::format("{} ({:.2f} %)", score.held, 100.0 * score.held / std::max(1, score.seen)),
             score.blind, fmt::format("{} of {}", score.narrow, score.widths.size()), width(0.5), width(0.99),
             score.invented, score.stalls);
  const int wide = static_cast<int>(score.widths.size()) - score.narrow;
  const int wrong = score.missed + score.invented + wide + (score.seen - score.held);
  counts.failed += wrong;
  counts.passed += score.outages + score.invented - std::min(score.outages, wrong);
  counts.good = counts.good && score.missed + score.invented + wide == 0 && score.outages > 0 &&
                score.held * 100 >= score.seen * 99;
}

struct Kind {
  const char* name;
  std::vector<double> shares;  // empty: takes turns
  probe::Balance right;
};
const std::vector<Kind> kinds{{"fair", {1, 1}, probe::Balance::balanced},
                              {"taking turns", {}, probe::Balance::balanced},
                              {"skewed 75:25", {3, 1}, probe::Balance::unbalanced},
                              {"stuck", {1, 0}, probe::Balance::unbalanced}};

Balancer balancer_of(const Kind& kind, std::uint64_t seed) {
  if (kind.shares.empty())
    return [next = 0]() mutable { return std::string{next++ % 2 == 0 ? "one" : "two"}; };
  return [random = std::mt19937_64{seed},
          pick = std::discrete_distribution<int>(kind.shares.begin(), kind.shares.end())]() mutable {
    return std::string{pick(random) == 0 ? "one" : "two"};
  };
}

struct Verdicts {
  int right = 0;
  int open = 0;
  int wrong = 0;

  void add(probe::Balance said, probe::Balance truth) {
    ++(said == truth ? right : said == probe::Balance::not_enough_data ? open : wrong);
  }
};

// Over real connections: several targets of each kind, judged once at the end.
std::vector<Verdicts> real_balancers(double seconds, std::mt19937_64& random) {
  constexpr std::size_t each = 10;
  std::vector<Balancer> balancers;
  for (const Kind& kind : kinds) {
    for (std::size_t i = 0; i < each; ++i) balancers.push_back(balancer_of(kind, random()));
  }
  Targets targets{std::move(balancers)};
  const auto end =
      Clock::now() + std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(seconds));
  const Recorded recorded = probe_for(targets, 20, end);
  std::vector<Verdicts> verdicts(kinds.size());
  for (const probe::Stream& stream : recorded.run.streams) {
    std::vector<probe::ClusterCount> counts{{"one", 0, 1}, {"two", 0, 1}};
    for (const auto& [key, cell] : recorded.summary->tally().cells()) {
      if (key.address == stream.address && !key.cluster.empty())
        counts[key.cluster == "one" ? 0 : 1].connections += cell.connections;
    }
    const std::size_t kind = static_cast<std::size_t>(stream.id) / each;
    verdicts[kind].add(judge_balance(counts).verdict, kinds[kind].right);
  }
  return verdicts;
}

// Drawn, in numbers that show an error rate: with a fixed sample, and stopped as soon as it was certain.
Verdicts drawn(const Kind& kind, bool until_sure, int runs, std::mt19937_64& random) {
  probe::BalanceRule rule;
  if (until_sure) rule.method = probe::BalanceMethod::anytime;
  const auto needed = static_cast<int>(connections_needed({1, 1}, rule));
  Verdicts verdicts;
  for (int run = 0; run < runs; ++run) {
    const Balancer pick = balancer_of(kind, random());
    std::vector<probe::ClusterCount> counts{{"one", 0, 1}, {"two", 0, 1}};
    auto verdict = probe::Balance::not_enough_data;
    for (int n = 1; n <= needed && verdict == probe::Balance::not_enough_data; ++n) {
      ++counts[pick() == "one" ? 0 : 1].connections;
      if (n == needed || (until_sure && n % 10 == 0)) verdict = judge_balance(counts, rule).verdict;
    }
    verdicts.add(verdict, kind.right);
  }
  return verdicts;
}

void judge_balancers(double seconds, int runs, std::mt19937_64& random, Counts& counts) {
  fmt::print("\n{:<14} {:<32} {:>6} {:>6} {:>6}  stated\n", "balancer", "how", "right", "open", "wrong");
  const auto show = [&](const Kind& kind, std::string_view how, const Verdicts& verdicts) {
    const int all = verdicts.right + verdicts.open + verdicts.wrong;
    fmt::print("{:<14} {:<32} {:>6} {:>6} {:>6}  wrong at most 5 %, right at least 90 %\n", kind.name, how,
               verdicts.right, verdicts.open, verdicts.wrong);
    // With few verdicts, one more than the expected number may be open by luck.
    const bool good = verdicts.wrong * 20 <= all && verdicts.right * 10 >= all * 9 - 10;
    counts.good = counts.good && good;
    ++(good ? counts.passed : counts.failed);
  };
  const auto real = real_balancers(seconds, random);
  for (std::size_t i = 0; i < kinds.size(); ++i) {
    show(kinds[i], fmt::format("real connections, {:.0f} each", 20 * seconds), real[i]);
    show(kinds[i], "drawn, looked at once", drawn(kinds[i], false, runs, random));
    show(kinds[i], "drawn, until sure", drawn(kinds[i], true, runs, random));
  }
}

int run(int argc, char** argv) {
  ::rlimit files{};
  ::getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &files);
  const double seconds = argc > 1 ? std::atof(argv[1]) : 45;
  std::vector<double> rates;
  for (int i = 2; i < argc; ++i) rates.push_back(std::atof(argv[i]));
  if (rates.empty()) rates = {5, 10, 20, 50, 100, 200};
  std::mt19937_64 random{20260101};
  Counts counts;
  fmt::print("{:>8} {:>8} {:>6} {:>10} {:>7} {:>14} {:>6} {:>13} {:>9} {:>9} {:>9} {:>7}\n", "rate",
             "outages", "seen", "too short", "missed", "truth held", "blind", "width <= 2T+", "p50 /T",
             "p99 /T", "invented", "stalls");
  for (const double rate : rates) {
    report(rate, run_rate(rate, seconds, random), counts);
    std::fflush(stdout);
  }
  // 442 connections give a verdict within 10 points nine times in ten.
  judge_balancers(30, seconds < 30 ? 200 : 1000, random, counts);
  fmt::print("{} passed, {} failed\n", counts.passed, counts.failed);
  return counts.good ? 0 : 1;
}

}  // namespace
}  // namespace meshdrill::campaign

int main(int argc, char** argv) {
  try {
    return meshdrill::campaign::run(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "outage_campaign: %s\n", error.what());
    return 2;
  }
}
