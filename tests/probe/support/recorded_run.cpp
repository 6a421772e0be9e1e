#include "probe/support/recorded_run.hpp"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>

#include <doctest/doctest.h>
#include <fmt/format.h>

namespace meshdrill::probe::testing {
namespace {

constexpr auto cap = std::chrono::seconds{30};

void check_invariants(const RecordedRun& run) {
  Offset upto{};
  for (const Batch& batch : run.batches) {
    CHECK(batch.upto >= upto);
    // Nothing planned before an earlier `upto` may come later.
    for (const Sample& sample : batch.samples) CHECK(sample.planned >= upto);
    upto = batch.upto;
  }
  std::map<int, std::uint64_t> next;
  for (const Sample& sample : run.samples) {
    CHECK(sample.index == next[sample.stream]++);
    CHECK(sample.planned < upto);
    CHECK(sample.planned <= sample.started);
    CHECK(sample.started <= sample.finished);
    CHECK((sample.outcome == Outcome::ok) == !sample.cluster.empty());
  }
}

}  // namespace

ProbeConfig patient(const std::string& url) {
  using namespace std::chrono_literals;
  ProbeConfig config;
  config.url = url;
  config.rate = 50;
  config.note_local_ports = true;
  config.timeouts = {20s, 20s, 20s, 20s, 20s};
  return config;
}

ProbeConfig patient(const std::string& host, std::uint16_t port) {
  return patient(fmt::format("http://{}:{}/", host, port));
}

std::vector<Sample> RecordedRun::of_stream(int stream) const {
  std::vector<Sample> result;
  std::copy_if(samples.begin(), samples.end(), std::back_inserter(result),
               [&](const Sample& sample) { return sample.stream == stream; });
  return result;
}

std::size_t RecordedRun::count(Outcome outcome) const {
  return static_cast<std::size_t>(std::count_if(
      samples.begin(), samples.end(), [&](const Sample& sample) { return sample.outcome == outcome; }));
}

RecordedRun record(const ProbeConfig& config, const std::function<bool(const std::vector<Sample>&)>& enough,
                   Ending ending) {
  RecordedRun result;
  std::mutex mutex;
  std::condition_variable changed;
  Prober prober{config, [&](Batch batch) {
                  const std::lock_guard lock{mutex};
                  result.samples.insert(result.samples.end(), batch.samples.begin(), batch.samples.end());
                  result.answers.insert(result.answers.end(), batch.answers.begin(), batch.answers.end());
                  result.batches.push_back(std::move(batch));
                  changed.notify_all();
                }};
  auto run = prober.start();
  const std::string why = run ? "" : run.error().message;
  REQUIRE_MESSAGE(run, why);
  result.run = *run;
  {
    std::unique_lock lock{mutex};
    CHECK(changed.wait_for(lock, cap, [&] { return enough(result.samples); }));
  }
  const auto ended = ending == Ending::stop ? prober.stop() : prober.abandon();
  CHECK(ended);
  std::sort(result.samples.begin(), result.samples.end(), [](const Sample& a, const Sample& b) {
    return std::pair{a.stream, a.index} < std::pair{b.stream, b.index};
  });
  check_invariants(result);
  return result;
}

RecordedRun record(const ProbeConfig& config, std::size_t samples) {
  return record(config, [&](const std::vector<Sample>& so_far) {
    std::map<int, std::size_t> counts;
    for (const Sample& sample : so_far) ++counts[sample.stream];
    return !counts.empty() && std::all_of(counts.begin(), counts.end(),
                                          [&](const auto& count) { return count.second >= samples; });
  });
}

void check_all(const RecordedRun& run, Outcome outcome) {
  REQUIRE(run.samples.size() >= 5);
  for (const Sample& sample : run.samples) {
    CHECK_MESSAGE(sample.outcome == outcome, to_string(sample.outcome), " ", sample.detail);
  }
}

void check_all(const RecordedRun& run, Outcome outcome, std::string_view detail) {
  check_all(run, outcome);
  for (const Sample& sample : run.samples) CHECK(sample.detail == detail);
}

}  // namespace meshdrill::probe::testing
