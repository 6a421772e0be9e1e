#include "report/text_report.hpp"

#include "drill/support.hpp"

#include <doctest/doctest.h>

using namespace meshdrill;
using drill::Phase;
using drill::testing::Story;
using namespace std::chrono_literals;

namespace {

std::string report_of(const Story& story, bool colour = false) {
  return report::render_text(story.history(), drill::judge(story.history()), colour);
}

// A drill in which the target's address fails for 300 ms after the fault.
Story with_outage() {
  Story story;
  story.phase(0s, Phase::baseline);
  story.traffic(0s, 10s, {"one", "two"});
  story.phase(10s, Phase::fail);
  story.write(10s, "scale-down");
  story.add(10200ms, "observed", {{"cluster", "one"}, {"readyEndpoints", 0}});
  story.traffic(10s, 10300ms, {});
  story.traffic(10300ms, 12s, {"two"});
  story.phase(12s, Phase::hold);
  story.traffic(12s, 22s, {"two"});
  return story;
}

void restore(Story& story, bool verified, const std::string& message = {}) {
  story.phase(22s, Phase::restore);
  story.write(22s, "restore");
  story.traffic(22s, 25s, {"one", "two"});
  story.add(25s, "restored", {{"verified", verified}, {"message", message}});
  story.add(26s, "end", {});
}

}  // namespace

TEST_CASE("the verdict stands first and everything that it rests on below it") {
  Story story;
  story.good_run();
  const std::string text = report_of(story);
  CHECK(text.find("PASS  api-failover: default/api of one was away for 12s") == 0);
  for (const auto* part :
       {"before (baseline)", "during (hold)", "after (recovered)",
        "127.0.0.1          new         500 (50.0 %)  500 (50.0 %)             -      1000",
        "Outages\n  none seen; on any one address, one longer than 12 ms",
        "fault acknowledged           10.000 s", "its effect shown by the API  +0.200 s",
        "its end shown by the API     +0.500 s", "one: deployment default/api to 2 replicas, verified",
        "Not proved by this drill (workload loss)"}) {
    CAPTURE(part);
    CAPTURE(text);
    CHECK(text.find(part) != std::string::npos);
  }
  CHECK(text.find('\033') == std::string::npos);
  CHECK(report_of(story, true).find("\033[1;32mPASS") == 0);
}

TEST_CASE("an outage is an interval with its reasons and its time from the fault") {
  Story story = with_outage();
  restore(story, true);
  const std::string text = report_of(story);
  CAPTURE(text);
  CHECK(text.find("127.0.0.1 new  blackout  0.288 to 0.312 s  +0.000 s from the fault  30 × ") !=
        std::string::npos);
}

TEST_CASE("the reasons of an outage say which HTTP statuses it was") {
  Story story = with_outage();
  restore(story, true);
  CHECK(report_of(story).find("30 × unexpected HTTP status (503)\n") != std::string::npos);
}

TEST_CASE("what the API showed before it acknowledged the write was there at once") {
  Story story = with_outage();
  story.phase(22s, Phase::restore);
  story.write_entry(22s, "intent", "restore");
  story.add(22500ms, "observed", {{"cluster", "one"}, {"readyEndpoints", 2}});
  story.write_entry(22551ms, "wrote", "restore");
  story.traffic(22s, 25s, {"one", "two"});
  story.add(25s, "restored", {{"verified", true}, {"message", ""}});
  story.add(26s, "end", {});
  const std::string text = report_of(story);
  CAPTURE(text);
  CHECK(text.find("its end shown by the API      at once\n") != std::string::npos);
}

TEST_CASE("a restore that failed is the loudest thing") {
  Story story = with_outage();
  restore(story, false, "it is gone. To put it back by hand:\n  kubectl --context one scale …");
  const std::string text = report_of(story);
  CAPTURE(text);
  CHECK(text.find("NOT RESTORED  api-failover: it is gone.") == 0);
  CHECK(text.find("NOT VERIFIED") != std::string::npos);
  CHECK(text.find("  kubectl --context one scale …") != std::string::npos);
}

TEST_CASE("a refusal says what forbids it and that nothing was changed") {
  Story story;
  story.add(1s, "preflight",
            {{"check", "service"}, {"ok", false}, {"message", "Service \x1b[31mis not global"}});
  story.add(1s, "abort", {{"kind", "refused"}, {"message", "is not global"}});
  story.add(1s, "end", {});
  const std::string text = report_of(story);
  CAPTURE(text);
  CHECK(text.find("REFUSED  api-failover: is not global\n\nWhat forbids it\n  service: Service ?[31mis not "
                  "global\n") == 0);
  CHECK(text.find("Nothing was changed in any cluster.") != std::string::npos);
}

TEST_CASE("warnings of the preflight and what became of the ownership are said") {
  Story story = with_outage();
  story.add(22s, "preflight",
            {{"check", "owners"}, {"ok", true}, {"message", "kept by Helm"}, {"warning", true}});
  story.add(24s, "ownership", {{"message", "spec.replicas belongs to \x1b[2Jhelm, as before"}});
  restore(story, true);
  const std::string text = report_of(story);
  CAPTURE(text);
  CHECK(text.find("\nWarnings of the preflight\n  owners: kept by Helm\n") != std::string::npos);
  CHECK(text.find(", verified\n  spec.replicas belongs to ?[2Jhelm, as before\n") != std::string::npos);
}
