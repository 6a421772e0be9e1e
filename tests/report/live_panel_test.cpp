#include "report/live_panel.hpp"

#include "drill/support.hpp"

#include <algorithm>
#include <numeric>

#include <doctest/doctest.h>

using namespace meshdrill;
using namespace std::chrono_literals;
using drill::Phase;
using drill::testing::Story;

namespace {

// 2 s into the hold phase of a drill whose fault cost 300 ms.
struct Scene {
  Scene() {
    story.phase(0s, Phase::baseline);
    traffic(0s, 10s, {"one", "two"});
    story.phase(10s, Phase::fail);
    story.write(10s, "scale-down");
    traffic(10s, 10300ms, {});
    traffic(10300ms, 12s, {"two"});
    story.phase(12s, Phase::hold);
    traffic(12s, 14s, {"two"});
  }

  void traffic(probe::Offset from, probe::Offset to, const std::vector<std::string>& clusters) {
    story.traffic(from, to, clusters);
    probe::Batch batch;
    for (probe::Offset at = from; at < to; at += 10ms) {
      probe::Sample sample;
      sample.planned = at;
      sample.finished = at + 2ms;
      sample.outcome = clusters.empty() ? probe::Outcome::http_status : probe::Outcome::ok;
      sample.cluster = clusters.empty() ? "" : clusters.back();
      batch.samples.push_back(sample);
    }
    timeline.add(batch);
  }

  [[nodiscard]] std::vector<std::string> lines(probe::Canvas canvas) const {
    report::PanelState state{story.history(), timeline.timeline(),      {},
                             {0.012},         {{"one", 0}, {"two", 2}}, 14s};
    state.last_second.answers[*parse_ip("127.0.0.1")]["two"] = 99;
    state.last_second.answers[*parse_ip("127.0.0.2")]["two"] = 100;
    state.last_second.failed[*parse_ip("127.0.0.1")] = 1;
    return live_panel(state, canvas);
  }

  Story story;
  report::TimelineBuilder timeline;
};

std::size_t columns(const std::string& text) {
  return static_cast<std::size_t>(std::count_if(
      text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U; }));
}

std::string joined(const std::vector<std::string>& lines) {
  return std::accumulate(lines.begin(), lines.end(), std::string{},
                         [](const std::string& all, const std::string& line) { return all + line + "\n"; });
}

}  // namespace

TEST_CASE("the picture says where the drill is, what users see and what the guards see") {
  const std::string text = joined(Scene{}.lines({100, 30, false}));
  CAPTURE(text);
  for (const auto* part : {"hold  13s left, the run 2m28s at most", "|baseline", "^fault",
                           "one      ░░░░░░░░░░░░░░░░░░░░    0.0 %      0/s  0 ready  <- target",
                           "two      ████████████████████  100.0 %    199/s  2 ready",
                           "127.0.0.1        -     99/s      1/s", "127.0.0.2        -    100/s        -",
                           "1.2 % failed over the last 5s; more than 50.0 % ends the drill",
                           "2 ready elsewhere (at least 1); deadline in 4m46s"}) {
    CAPTURE(part);
    CHECK(text.find(part) != std::string::npos);
  }
  // The failures stand right of the start and left of now.
  CHECK(text.find_first_of("xX") != std::string::npos);
  CHECK(text.find('\033') == std::string::npos);
}

TEST_CASE("the picture fits any terminal, and its head and the clusters go last") {
  const Scene scene;
  for (const std::size_t width : {20U, 40U, 80U, 200U}) {
    for (const std::size_t height : {5U, 10U, 16U, 24U, 50U}) {
      CAPTURE(width);
      CAPTURE(height);
      const auto lines = scene.lines({width, height, false});
      CHECK(lines.size() < height);
      for (const std::string& line : lines) CHECK(columns(line) < width);
      CHECK(lines.front().find("hold") == 0);
    }
  }
}

TEST_CASE("colours only where they are wanted") {
  CHECK(joined(Scene{}.lines({80, 24, true})).find("\033[31m") != std::string::npos);
}
