#include "probe/support/http_server.hpp"
#include "probe/support/recorded_run.hpp"

#include <thread>

#include <doctest/doctest.h>
#include <fmt/format.h>

namespace meshdrill::probe {
namespace {

using namespace std::chrono_literals;

TEST_CASE("a connection that only a repeated SYN brought about says so") {
  // Answers no SYN until room is made in its accept queue, and the kernel repeats the SYN after a second.
  testing::SilentListener listener{"127.0.0.1"};
  std::thread later{[&] {
    std::this_thread::sleep_for(300ms);
    listener.make_room();
  }};
  ProbeConfig config;
  config.url = fmt::format("http://127.0.0.1:{}/", listener.port());
  config.rate = 20;
  config.timeouts = {20s, 20s, 20s, 100ms, 40s};
  const testing::RecordedRun run = testing::record(config, 3);
  later.join();
  REQUIRE_FALSE(run.samples.empty());
  // The first one was sent before there was room; nobody ever answers what it asks.
  CHECK(run.samples[0].outcome == Outcome::timeout_first_byte);
  CHECK(run.samples[0].syn_retransmits >= 1);
  CHECK(run.samples[0].phases.connect >= 150ms);
}

TEST_CASE("a connection that came about at once has nothing to say of it") {
  testing::HttpServer server{"127.0.0.1", 0, [](const std::string&) {
                               return testing::Reply{testing::ok_answer(testing::hello("abc"))};
                             }};
  ProbeConfig config;
  config.url = fmt::format("http://127.0.0.1:{}/", server.port());
  config.timeouts = {20s, 20s, 20s, 20s, 20s};
  for (const Sample& sample : testing::record(config, 3).samples) CHECK(sample.syn_retransmits == 0);
}

}  // namespace
}  // namespace meshdrill::probe
