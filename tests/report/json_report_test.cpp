#include "report/json_report.hpp"

#include "drill/support.hpp"

#include <boost/json/parse.hpp>
#include <doctest/doctest.h>

using namespace meshdrill;
using drill::testing::Story;

TEST_CASE("the report is one line of JSON with the verdict and its grounds") {
  Story story;
  story.good_run();
  const std::string text = report::render_json(story.history(), drill::judge(story.history()));
  CHECK(text.find('\n') == text.size() - 1);
  const auto report = boost::json::parse(text);
  CHECK(report.at("verdict").as_string() == "pass");
  CHECK(report.at("exitCode").as_int64() == 0);
  CHECK(report.at("proofs").at("endpointsGone").as_int64() == 10'200'000);
  CHECK(report.at("restore").at("verified").as_bool());
  CHECK(report.at("outages").as_array().empty());
  CHECK(report.at("clusters").at(1).at("uid").as_string() == "uid-two");
  const auto& baseline = report.at("phases").at(0);
  CHECK(baseline.at("phase").as_string() == "baseline");
  std::int64_t requests = 0;
  for (const auto& cell : baseline.at("matrix").as_array()) requests += cell.at("requests").as_int64();
  CHECK(requests == 2000);
}

TEST_CASE("what was not seen is null") {
  Story story;
  story.add(story.history().phases.empty() ? probe::Offset{1} : probe::Offset{2}, "end", {});
  const auto report = boost::json::parse(report::render_json(story.history(), drill::judge(story.history())));
  CHECK(report.at("proofs").at("faultAcknowledged").is_null());
  CHECK(report.at("phases").as_array().empty());
  CHECK_FALSE(report.at("restore").at("needed").as_bool());
}
