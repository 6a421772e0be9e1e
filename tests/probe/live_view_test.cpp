#include "probe/show/live_view.hpp"

#include <algorithm>

#include <doctest/doctest.h>

namespace meshdrill::probe {
namespace {

using namespace std::chrono_literals;

struct Story {
  ProbeConfig config;
  Run run;
  std::optional<Summary> summary;
  Recent recent;
  Questions questions;

  Story() {
    config.url = "http://api.example.org/";
    config.identify.clusters = {"cilium-001", "cilium-002"};
    const IpAddress address = *parse_ip("192.0.2.1");
    run.streams.push_back(
        {0, "192.0.2.1 new", StreamKind::pinned, ConnectionKind::fresh, Family::ipv4, address});
    DnsAnswer answer;
    answer.asked = 29s;
    answer.name = "api.example.org";
    answer.server = "192.0.2.53:53";
    answer.result = DnsResult::ok;
    answer.records = {{address, 5s}};
    run.answers.push_back(answer);
    summary.emplace(run);
    Batch batch;
    WindowCounter windows;
    for (std::uint64_t i = 0; i < 300; ++i) {
      Sample sample;
      sample.index = i;
      sample.planned = sample.started = 100ms * i;
      sample.finished = sample.planned + 2ms;
      sample.address = address;
      sample.outcome = i >= 290 ? Outcome::connect_refused : Outcome::ok;
      if (i < 290) sample.cluster = i % 3 == 0 ? "cilium-001" : "cilium-002";
      sample.request_on_connection = 1;
      batch.samples.push_back(sample);
      windows.add(sample);
    }
    batch.upto = 30s;
    summary->add(batch);
    for (const Window& window : windows.close(30s)) recent.add(window);
  }

  [[nodiscard]] LiveState state() const {
    return {config, run, *summary, recent, questions, 30s, Duration{60s}, false};
  }
};

std::size_t columns(const std::string& line) {
  return static_cast<std::size_t>(std::count_if(
      line.begin(), line.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  return text;
}

TEST_CASE("the table has a row for each cluster and address and the answer of DNS") {
  Story story;
  story.questions.conditions.push_back(*parse_condition("availability >= 99.99%"));
  const std::string text = joined(live_table(story.state(), {120, 40, false}));
  CAPTURE(text);
  const auto has = [&](std::string_view part) { return text.find(part) != std::string::npos; };
  CHECK(has("http://api.example.org/  30s of 1m"));
  CHECK(has("A 192.0.2.53:53  192.0.2.1 TTL 5 s"));
  CHECK(has("  cilium-001   32.3 %  ██"));
  CHECK(has("  cilium-002   64.3 %"));
  CHECK(has("  (nobody)      3.3 %"));
  CHECK(has("  192.0.2.1    96.7 %"));
  CHECK(has("DOWN since 29.000 s"));
  CHECK(has("behind 192.0.2.1: NOT balanced after 290 connections"));
  CHECK(has("✗ availability >= 99.99%"));
  CHECK(has("Ctrl-C"));
  CHECK_FALSE(has("\033"));
}

TEST_CASE("no line is wider than the terminal and no picture higher") {
  const Story story;
  for (std::size_t width = 1; width <= 200; width += 7) {
    const auto lines = live_table(story.state(), {width, 10, false});
    CHECK(lines.size() <= 9);
    for (const std::string& line : lines) CHECK(columns(line) <= width);
  }
}

TEST_CASE("colour is used only where it is wanted") {
  const Story story;
  CHECK(joined(live_table(story.state(), {80, 40, true})).find("\033[31m") != std::string::npos);
  CHECK(joined(live_table(story.state(), {80, 40, false})).find('\033') == std::string::npos);
}

TEST_CASE("anywhere else a line says the same") {
  const Story story;
  CHECK(live_line(story.state()) == "    30.0 s  cilium-001 3/s  cilium-002 7/s  failed 0/s  p99 2 ms\n");
}

TEST_CASE("a picture is painted over the one before it") {
  CHECK(repaint({"a", "b"}, 0) == "\ra\033[K\n\rb\033[K\n\033[J");
  CHECK(repaint({"a"}, 2) == "\033[2A\ra\033[K\n\033[J");
  CHECK(repaint({}, 2) == "\033[2A\033[J");
}

}  // namespace
}  // namespace meshdrill::probe
