#include "report/junit_report.hpp"

#include "report/support.hpp"

#include <regex>
#include <set>

#include <doctest/doctest.h>

using namespace meshdrill;
using namespace std::chrono_literals;
using namespace report::testing;

namespace {

std::string junit_of(const Story& story) {
  return report::render_junit(record_of(story));
}

std::vector<std::string> names(const std::string& xml) {
  std::vector<std::string> all;
  const std::regex name{"<testcase name=\"([^\"]*)\""};
  for (std::sregex_iterator it{xml.begin(), xml.end(), name}; it != std::sregex_iterator{}; ++it)
    all.push_back((*it)[1]);
  return all;
}

std::size_t count(const std::string& text, std::string_view part) {
  std::size_t n = 0;
  for (std::size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++n;
  return n;
}

void abort(Story& story, const char* kind, const std::string& message) {
  story.add(1s, "abort", {{"kind", kind}, {"message", message}});
  story.add(1s, "end", {});
}

}  // namespace

TEST_CASE("a pass has neither failures nor errors, and every name once") {
  Story story;
  story.good_run();
  const std::string xml = junit_of(story);
  CAPTURE(xml);
  CHECK(xml.find("failures=\"0\" errors=\"0\" skipped=\"0\"") != std::string::npos);
  CHECK(count(xml, "<failure") == 0);
  const auto all = names(xml);
  CHECK(std::set<std::string>(all.begin(), all.end()).size() == all.size());
  CHECK(std::find(all.begin(), all.end(), "one/hold/targetShare") != all.end());
}

TEST_CASE("a drill without a fault has no phases that it did not come to") {
  std::string text = drill::testing::drill_text;
  text.replace(text.find("{scale: 0}"), 10, "none");
  text.resize(text.find("expect:"));
  Story story{text + "expect: {baseline: {errors: <= 1%}}\n"};
  story.phase(0s, drill::Phase::baseline);
  story.traffic(0s, 10s, {"one", "two"});
  story.add(11s, "end", {});
  const std::string xml = junit_of(story);
  CAPTURE(xml);
  CHECK(count(xml, "<failure") + count(xml, "<error") == 0);
  CHECK(count(xml, "<skipped") == 1);  // there is nothing to put back
  CHECK(xml.find("one/baseline/errors") != std::string::npos);
  CHECK(xml.find("one/hold/") == std::string::npos);
}

TEST_CASE("the same name twice is told apart") {
  Story story;
  for (int i = 0; i < 3; ++i)
    story.add(1s, "preflight", {{"check", "access"}, {"ok", true}, {"message", "fine"}});
  abort(story, "refused", "no");
  const auto all = names(junit_of(story));
  CHECK(std::set<std::string>(all.begin(), all.end()).size() == all.size());
  CHECK(std::find(all.begin(), all.end(), "one/preflight/access (3)") != all.end());
}

TEST_CASE("every end but a pass is a failure or an error") {
  for (const char* kind : {"refused", "guard", "interference", "interrupted", "failed"}) {
    CAPTURE(kind);
    Story story;
    abort(story, kind, "because");
    const std::string xml = junit_of(story);
    CHECK(count(xml, "<failure") + count(xml, "<error") == 1);
    CHECK(count(xml, "<skipped") == 6);  // five phases that it did not come to, and nothing to put back
  }
  Story cut_short;
  CHECK(count(junit_of(cut_short), "<error") == 1);
}

TEST_CASE("what comes from outside cannot break the XML") {
  Story story;
  abort(story, "guard", hostile);
  const std::string xml = junit_of(story);
  CHECK(count(xml, "<script>") == 0);
  CHECK(xml.find_first_of("\x01\x1b\x7f") == std::string::npos);
  CHECK(xml.find("\xff") == std::string::npos);
}
