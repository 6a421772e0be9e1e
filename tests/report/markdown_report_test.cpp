#include "report/markdown_report.hpp"

#include "report/support.hpp"

#include <doctest/doctest.h>

using namespace meshdrill;
using namespace std::chrono_literals;
using namespace report::testing;

TEST_CASE("the summary says the verdict, who served and what is back") {
  Story story;
  story.good_run();
  const std::string text = report::render_markdown(record_of(story));
  CAPTURE(text);
  for (const auto* part : {"## ✅ PASS: api-failover", "| hold | 2000 | - | 2000 (100.0 %) | - |",
                           "- one: deployment default/api to 2 replicas, verified",
                           "| 127.0.0.1 new | none |", "### Not proved by this drill"})
    CHECK(text.find(part) != std::string::npos);
  CHECK(text.find("Truncated") == std::string::npos);
}

TEST_CASE("more than there is room for is cut at a row, with a notice") {
  Story story;
  const std::string body(1900, 'x');
  for (int i = 0; i < 1000; ++i)
    story.add(1s, "preflight", {{"check", "access"}, {"ok", false}, {"message", body}});
  story.add(1s, "abort", {{"kind", "refused"}, {"message", hostile}});
  story.add(1s, "end", {});
  for (const std::size_t limit : {report::most_summary_bytes, report::most_comment_bytes}) {
    const std::string text = report::render_markdown(record_of(story), limit);
    CHECK(text.size() <= limit);
    CHECK(text.size() > limit - 10'000);
    CHECK(text.find("> **Truncated**: ") != std::string::npos);
    CHECK(text.find("## ⚠️ REFUSED") == 0);
    CHECK(text.ends_with("have all.\n"));
  }
}

TEST_CASE("what comes from outside is no markup") {
  Story story;
  story.add(1s, "abort", {{"kind", "guard"}, {"message", hostile}});
  story.add(1s, "end", {});
  const std::string text = report::render_markdown(record_of(story));
  CHECK(text.find("<script>") == std::string::npos);
  CHECK(text.find("@all") == std::string::npos);
  CHECK(text.find("\n::error") == std::string::npos);
}

TEST_CASE("warnings of the preflight, the class of the fault and the ownership stand in the summary") {
  Story story;
  story.add(0s, "preflight",
            {{"check", "owners"}, {"ok", true}, {"message", "kept by *Helm*"}, {"warning", true}});
  story.good_run();
  report::RunRecord run = record_of(story);
  run.history.ownership = {"spec.replicas belongs to helm, as before"};
  const std::string text = report::render_markdown(run);
  CAPTURE(text);
  for (const auto* part :
       {"### Warnings of the preflight\n\n- owners: kept by \\*Helm\\*\n",
        "\nworkload loss: default/api of **one** in test,", "- spec.replicas belongs to helm, as before\n",
        "### Not proved by this drill (workload loss)"})
    CHECK(text.find(part) != std::string::npos);
}
