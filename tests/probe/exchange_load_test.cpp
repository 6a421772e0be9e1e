// Many requests at a time: closed loops, and a server that hangs.
#include "probe/support/http_server.hpp"
#include "probe/support/recorded_run.hpp"

#include <algorithm>
#include <atomic>
#include <set>
#include <sys/resource.h>

#include <doctest/doctest.h>
#include <fmt/format.h>

namespace meshdrill::probe {
namespace {

using namespace testing;
using namespace std::chrono_literals;

ProbeConfig closed_loop(std::uint16_t port, std::size_t connections) {
  ProbeConfig config = patient("127.0.0.1", port);
  config.closed_loop = connections;
  return config;
}

Reply keep(const std::string&) {
  return Reply{ok_answer(hello("abc")), {}, Reply::Then::keep};
}

TEST_CASE("a closed loop sends as fast as it is answered and tallies every answer") {
  HttpServer server{"127.0.0.1", 0, [](const std::string&) { return Reply{ok_answer(hello("abc"))}; }};
  const RecordedRun run = record(closed_loop(server.port(), 8), 2000);
  CHECK(run.count(Outcome::ok) == run.samples.size());
  CHECK(server.requests() == static_cast<int>(run.samples.size()));
  CHECK(server.connections() == server.requests());
  for (const Sample& sample : run.samples) CHECK(sample.planned == sample.started);
}

TEST_CASE("a closed loop of kept connections opens as many as were asked for") {
  HttpServer server{"127.0.0.1", 0, keep};
  ProbeConfig config = closed_loop(server.port(), 8);
  config.fresh = false;
  config.reused = true;
  const RecordedRun run = record(config, 2000);
  CHECK(run.count(Outcome::ok) == run.samples.size());
  CHECK(server.connections() == 8);
  std::set<int> ports;
  for (const Sample& sample : run.samples) ports.insert(sample.local_port);
  CHECK(ports.size() == 8);
}

TEST_CASE("batches of a closed loop stay small whatever the rate") {
  HttpServer server{"127.0.0.1", 0, keep};
  ProbeConfig config = closed_loop(server.port(), 16);
  config.fresh = false;
  config.reused = true;
  const RecordedRun run = record(config, 3000);
  std::size_t largest = 0;
  for (const Batch& batch : run.batches) largest = std::max(largest, batch.samples.size());
  CHECK(largest >= 100);
  CHECK(largest <= 256);
}

TEST_CASE("a closed loop does not spin on a server that refuses") {
  ProbeConfig config = closed_loop(free_port("127.0.0.1"), 4);
  const auto begin = std::chrono::steady_clock::now();
  const RecordedRun run = record(config, 40);
  // Ten each, with 10 ms between one and the next.
  CHECK(std::chrono::steady_clock::now() - begin >= 90ms);
  CHECK(run.count(Outcome::connect_refused) == run.samples.size());
}

TEST_CASE("a closed loop ends when it has sent as many as were asked for") {
  HttpServer server{"127.0.0.1", 0, keep};
  ProbeConfig config = closed_loop(server.port(), 4);
  config.requests = 101;
  const RecordedRun run = record(config, 101);
  CHECK(run.samples.size() == 101);
  CHECK(server.requests() == 101);
}

TEST_CASE("a closed loop that is abandoned leaves nothing in flight") {
  HttpServer server{"127.0.0.1", 0, [n = 0](const std::string&) mutable {
                      return ++n <= 20 ? keep("") : Reply{"", {}, Reply::Then::hang};
                    }};
  const RecordedRun run = record(
      closed_loop(server.port(), 8), [&](const std::vector<Sample>&) { return server.requests() >= 28; },
      Ending::abandon);
  CHECK(run.count(Outcome::ok) == 20);
  CHECK(run.count(Outcome::cancelled) == 8);
}

TEST_CASE("thousands of requests hang at a time and each ends in its bucket") {
  constexpr int many = 3000;
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  if (limit.rlim_max < 3 * many) {
    MESSAGE("skipped: this process may open ", limit.rlim_max, " files, and ", 3 * many, " are needed");
    return;
  }
  HttpServer server{"127.0.0.1", 0, [](const std::string&) { return Reply{"", {}, Reply::Then::hang}; }};
  ProbeConfig config;
  config.url = fmt::format("http://127.0.0.1:{}/", server.port());
  config.rate = 2000;
  config.timeouts = {100s, 100s, 100s, 100s, 100s};
  const RecordedRun run =
      record(config, [&](const std::vector<Sample>&) { return server.requests() >= many; }, Ending::abandon);
  CHECK(run.samples.size() >= many);
  CHECK(run.count(Outcome::cancelled) == run.samples.size());

  config.timeouts.first_byte = 300ms;
  const RecordedRun late = record(config, 1000);
  CHECK(late.count(Outcome::timeout_first_byte) == late.samples.size());
  for (const Sample& sample : late.samples) CHECK(sample.phases.first_byte >= 300ms);
}

}  // namespace
}  // namespace meshdrill::probe
