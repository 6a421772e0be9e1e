#include "report/html_report.hpp"

#include "report/html_chart.hpp"
#include "report/support.hpp"

#include <boost/json/array.hpp>
#include <doctest/doctest.h>

using namespace meshdrill;
using namespace std::chrono_literals;
using namespace report::testing;

namespace {

report::RunRecord drawn(const Story& story) {
  report::RunRecord run = record_of(story);
  run.timeline.end = 36s;
  run.timeline.windows.resize(20);
  run.timeline.windows[3].answers = {{"one", 7}, {"two", 3}};
  return run;
}

}  // namespace

TEST_CASE("the page carries everything and asks nobody") {
  Story story;
  story.good_run();
  const std::string page = report::render_html(drawn(story));
  for (const auto* part : {"Content-Security-Policy", "default-src 'none'", "PASS", "id=\"run\""}) {
    CAPTURE(part);
    CHECK(page.find(part) != std::string::npos);
  }
  CHECK(page.find("Michael Bostock") != std::string::npos);  // the notices of D3
  CHECK(page.find("Redistributions in binary form must reproduce") != std::string::npos);
  for (const auto* part : {" src=", "@import", "url(http", "<link"}) {
    CAPTURE(part);
    CHECK(page.find(part) == std::string::npos);
  }
}

TEST_CASE("a hostile journal adds no markup") {
  Story story;
  story.phase(0s, drill::Phase::baseline);
  story.add(1s, "abort", {{"kind", "guard"}, {"message", hostile}});
  story.add(2s, "end", {});
  report::RunRecord run = drawn(story);
  run.timeline.windows[4].answers[hostile] = 1;
  run.timeline.events.push_back({1s, report::TimelineEvent::Kind::abort, hostile});
  run.history.clusters[1].name = hostile;
  const std::string page = report::render_html(run);
  CHECK(page.find("alert(1)") != std::string::npos);
  CHECK(page.find("<script>alert") == std::string::npos);
  CHECK(page.find("<!-- ") == std::string::npos);
  CHECK(page.find('\x1b') == std::string::npos);
  CHECK(page.find('\xff') == std::string::npos);
}

TEST_CASE("a run that drew no traffic has its words all the same") {
  Story story;
  story.add(1s, "abort", {{"kind", "refused"}, {"message", "no"}});
  story.add(1s, "end", {});
  const std::string page = report::render_html(record_of(story));
  CHECK(page.find("REFUSED") != std::string::npos);
  CHECK(page.find("id=\"chart\"") == std::string::npos);
}

TEST_CASE("a mesh of many clusters is drawn as those that answered most, and the others") {
  Story story;
  story.good_run();
  report::RunRecord run = drawn(story);
  for (int i = 0; i < 100; ++i) {
    const std::string name = "c" + std::to_string(i);
    run.history.clusters.push_back({name, name, "", {}});
    run.timeline.windows[5].answers[name] = 1;
  }
  const auto data = report::chart_data(run);
  const auto& clusters = data.at("clusters").as_array();
  CHECK(clusters.size() == 13);
  CHECK(clusters.front().as_string() == "one");
  CHECK(clusters.back().as_string() == "others");
  const auto& row = data.at("windows").at(5).as_array();
  CHECK(row.size() == 13 + 4);
  CHECK(row[12].to_number<int>() == 90);
}

TEST_CASE("warnings of the preflight, the class of the fault and the ownership stand in the page") {
  Story story;
  story.add(0s, "preflight",
            {{"check", "owners"}, {"ok", true}, {"message", "kept by <Helm>"}, {"warning", true}});
  story.good_run();
  report::RunRecord run = drawn(story);
  run.history.ownership = {"spec.replicas belongs to <helm>, as before"};
  const std::string page = report::render_html(run);
  for (const auto* part :
       {"<h2>Warnings of the preflight</h2>", "<td>kept by &lt;Helm&gt;</td>",
        "<dt>What</dt><dd>workload loss: default/api of one</dd>",
        "<li>spec.replicas belongs to &lt;helm&gt;, as before</li>",
        "<h2>Not proved by this drill (workload loss)</h2>", "<td>its effect shown by the API</td>"}) {
    CAPTURE(part);
    CHECK(page.find(part) != std::string::npos);
  }
}

TEST_CASE("what was put back and what did not hold stand beside the verdict") {
  Story story;
  story.phase(0s, drill::Phase::baseline);
  story.traffic(0s, 10s, {"one", "two"});
  story.phase(10s, drill::Phase::fail);
  story.write(10s, "scale-down");
  story.traffic(10s, 12s, {});
  story.add(12s, "abort", {{"kind", "guard"}, {"message", "too much failed"}});
  story.phase(12s, drill::Phase::restore);
  story.write(12s, "restore");
  story.add(14s, "restored", {{"verified", false}, {"message", "one pod is missing"}});
  story.add(14s, "end", {});
  const std::string page = report::render_html(drawn(story));
  const std::string head = page.substr(0, page.find("</header>"));
  CHECK(head.find("<dt>Put back</dt><dd><span class=\"fail\">✗ NOT VERIFIED</span>") != std::string::npos);
  CHECK(head.find("✗ fail outage") != std::string::npos);
  // The matrix has what the run came to in the place of the phases that it did not.
  for (const auto* part :
       {"<h3>before (baseline)</h3>", "<h3>during (fail)</h3>", "<h3>after (restore)</h3>"}) {
    CAPTURE(part);
    CHECK(page.find(part) != std::string::npos);
  }
}
