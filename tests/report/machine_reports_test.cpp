// CSV, Prometheus text and annotations: what only programs read.
#include "report/csv_report.hpp"
#include "report/github_report.hpp"
#include "report/prometheus_report.hpp"
#include "report/support.hpp"

#include <set>
#include <sstream>

#include <doctest/doctest.h>

using namespace meshdrill;
using namespace std::chrono_literals;
using namespace report::testing;

namespace {

std::vector<std::string> lines(const std::string& text) {
  std::vector<std::string> all;
  std::istringstream stream{text};
  for (std::string line; std::getline(stream, line);) all.push_back(line);
  return all;
}

}  // namespace

TEST_CASE("CSV has a row a window, with a column a cluster") {
  Story story;
  story.good_run();
  report::RunRecord run = record_of(story);
  run.timeline.windows.resize(2);
  run.timeline.windows[1].answers = {{"two", 3}, {"stranger", 1}};
  run.timeline.windows[1].failures[probe::Outcome::http_status] = 2;
  run.timeline.windows[1].latency.add(5ms, 4);
  const auto rows = lines(report::render_csv(run));
  REQUIRE(rows.size() == 3);
  CHECK(rows[0] ==
        "from_s,length_s,phase,requests,answered,failed,unsent,p50_us,p99_us,max_us,answers one,answers two,"
        "answers of others\r");
  CHECK(rows[1] == "0.000,0.100,baseline,0,0,0,0,,,,0,0,0\r");
  CHECK(rows[2] == "0.100,0.100,baseline,6,4,2,0,5000,5000,5000,0,3,1\r");
}

TEST_CASE("metrics have every series once and no time stamp") {
  Story story;
  story.good_run();
  const std::string text = report::render_prometheus(record_of(story));
  std::set<std::string> series;
  for (const std::string& line : lines(text)) {
    if (line.starts_with('#')) continue;
    const std::size_t end = line.rfind("} ");
    REQUIRE(end != std::string::npos);
    CHECK(series.insert(line.substr(0, end)).second);
    CHECK(line.find(' ', end + 2) == std::string::npos);
  }
  CHECK(text.find("meshdrill_drill_verdict{drill=\"api-failover\",target=\"one\",verdict=\"pass\"} 1\n") !=
        std::string::npos);
  CHECK(text.find("meshdrill_drill_start_time_seconds{drill=\"api-failover\",target=\"one\"} 1769846709\n") !=
        std::string::npos);
  CHECK(text.ends_with('\n'));
}

TEST_CASE("annotations are escaped, and no more than GitHub shows") {
  Story story;
  story.good_run();
  report::RunRecord run = record_of(story);
  CHECK(report::render_github(run).starts_with("::notice file=drill.yaml,line="));
  run.verdict.kind = drill::VerdictKind::fail;
  run.verdict.checks.clear();
  for (int i = 0; i < 30; ++i)
    run.verdict.checks.push_back({drill::Phase::hold, "errors", drill::Outcome::fail, hostile});
  const auto all = lines(report::render_github(run));
  CHECK(all.size() == report::most_annotations);
  for (const std::string& line : all) CHECK(line.starts_with("::error file=drill.yaml,line="));
  CHECK(all.back().ends_with("22 more like these: see the report"));
}
