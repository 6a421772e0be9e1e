#include "report/comparison.hpp"

#include "report/difference.hpp"
#include "report/support.hpp"

#include <cmath>

#include <boost/json/parse.hpp>
#include <doctest/doctest.h>

using namespace meshdrill;
using namespace std::chrono_literals;
using drill::Phase;
using namespace report::testing;
using report::Change;
using report::Judgement;

namespace {

// A drill whose target's addresses fail for `outage` after the fault.
Story with_outage(probe::Offset outage) {
  Story story;
  story.phase(0s, Phase::baseline);
  story.traffic(0s, 10s, {"one", "two"});
  story.phase(10s, Phase::fail);
  story.write(10s, "scale-down");
  if (outage > 0s) story.traffic(10s, 10s + outage, {});
  story.traffic(10s + outage, 12s, {"two"});
  story.phase(12s, Phase::hold);
  story.traffic(12s, 22s, {"two"});
  story.phase(22s, Phase::restore);
  story.write(22s, "restore");
  story.traffic(22s, 25s, {"one", "two"});
  story.phase(25s, Phase::recovered);
  story.traffic(25s, 35s, {"one", "two"});
  story.add(36s, "end", {});
  return story;
}

const Change* find(const report::Comparison& comparison, Change::Topic topic, std::string_view subject) {
  for (const Change& change : comparison.changes) {
    if (change.topic == topic && change.subject == subject) return &change;
  }
  return nullptr;
}

}  // namespace

TEST_CASE("intervals of shares and their difference, against published values") {
  // Newcombe 1998, table II, contrast (a): 56/70 against 48/80, 95 %: 0.0524 to 0.3339 by method 10.
  const report::Interval difference = report::difference_interval({48, 80}, {56, 70}, 1.959964);
  CHECK(difference.low == doctest::Approx(0.0524).epsilon(0.002));
  CHECK(difference.high == doctest::Approx(0.3339).epsilon(0.002));
  // Contrast (h): 0/10 against 0/20 gives -0.1611 to 0.2775.
  const report::Interval none = report::difference_interval({0, 20}, {0, 10}, 1.959964);
  CHECK(none.low == doctest::Approx(-0.1611).epsilon(0.002));
  CHECK(none.high == doctest::Approx(0.2775).epsilon(0.002));
  CHECK(report::critical_value(0.05, 1) == doctest::Approx(1.959964));
  CHECK(report::critical_value(0.05, 10) == doctest::Approx(2.807034));
  CHECK(report::difference_interval({0, 0}, {1, 2}, 2).low == -1);
}

TEST_CASE("the interval of a quantile holds it, and is narrower for more values") {
  probe::Histogram few;
  probe::Histogram many;
  for (int i = 1; i <= 100; ++i) {
    few.add(std::chrono::microseconds{i * 1000});
    many.add(std::chrono::microseconds{i * 1000}, 100);
  }
  const auto of_few = report::quantile_interval(few, 0.5, 1.96);
  const auto of_many = report::quantile_interval(many, 0.5, 1.96);
  CHECK(of_few.low < 50'000);
  CHECK(of_few.high > 50'000);
  CHECK(of_few.low == doctest::Approx(40'000).epsilon(0.05));
  CHECK(of_few.high == doctest::Approx(61'000).epsilon(0.05));
  CHECK(of_many.high - of_many.low < (of_few.high - of_few.low) / 2);
}

TEST_CASE("the same drill twice shows no difference") {
  const auto run = record_of(with_outage(300ms));
  const auto comparison = report::compare(run, run);
  CHECK(comparison.warnings.empty());
  CHECK_FALSE(report::is_worse(comparison));
  for (const Change& change : comparison.changes) {
    CAPTURE(change.subject);
    CHECK(change.judgement == Judgement::unclear);
  }
  CHECK(render_text(comparison, run, run).find("no difference shown") != std::string::npos);
}

TEST_CASE("a longer outage is worse, a shorter one better, one as long neither") {
  const auto none = record_of(with_outage(0ms));
  const auto brief = record_of(with_outage(100ms));
  const auto similar = record_of(with_outage(110ms));
  const auto longer = record_of(with_outage(600ms));
  const std::string subject = "127.0.0.1 new, from the fault";
  const auto judgement = [&](const auto& before, const auto& now) {
    const auto comparison = report::compare(before, now);
    const Change* change = find(comparison, Change::Topic::outage, subject);
    REQUIRE(change != nullptr);
    return change->judgement;
  };
  CHECK(judgement(brief, longer) == Judgement::worse);
  CHECK(judgement(longer, brief) == Judgement::better);
  CHECK(judgement(brief, similar) == Judgement::unclear);
  CHECK(judgement(none, brief) == Judgement::worse);
  CHECK(report::is_worse(report::compare(brief, longer)));
}

TEST_CASE("errors and shares of a steady phase differ only where chance does not explain it") {
  Story bad;
  bad.phase(0s, Phase::baseline);
  bad.traffic(0s, 9s, {"one", "two", "two", "two"});
  bad.traffic(9s, 10s, {});
  bad.add(10s, "end", {});
  const auto before = record_of(with_outage(0ms));
  const auto now = record_of(bad);
  const auto comparison = report::compare(before, now);
  const Change* errors = find(comparison, Change::Topic::errors, "baseline");
  REQUIRE(errors != nullptr);
  CHECK(errors->judgement == Judgement::worse);
  CHECK(errors->now == doctest::Approx(0.1));
  const Change* balance = find(comparison, Change::Topic::balance, "baseline one");
  REQUIRE(balance != nullptr);
  CHECK(balance->judgement == Judgement::different);
  CHECK(find(comparison, Change::Topic::errors, "hold") == nullptr);
}

TEST_CASE("a verdict that is no longer as good is worse, whatever was measured") {
  using drill::VerdictKind;
  auto before = record_of(with_outage(100ms));
  const auto judged = [&](VerdictKind was, int old_code, VerdictKind is, int code) {
    before.verdict.kind = was;
    before.verdict.exit_code = old_code;
    auto now = before;
    now.verdict.kind = is;
    now.verdict.exit_code = code;
    const auto comparison = report::compare(before, now);
    CHECK(report::is_worse(comparison) == (comparison.verdict == Judgement::worse));
    const auto json = boost::json::parse(render_json(comparison, before, now));
    CHECK(json.at("verdict").as_string() == report::to_string(comparison.verdict));
    return comparison.verdict;
  };
  CHECK(judged(VerdictKind::pass, 0, VerdictKind::pass, 0) == Judgement::unclear);
  CHECK(judged(VerdictKind::pass, 0, VerdictKind::fail, 1) == Judgement::worse);
  CHECK(judged(VerdictKind::pass, 0, VerdictKind::inconclusive, 6) == Judgement::worse);
  CHECK(judged(VerdictKind::pass, 0, VerdictKind::interrupted, 130) == Judgement::worse);
  CHECK(judged(VerdictKind::inconclusive, 6, VerdictKind::fail, 1) == Judgement::worse);
  CHECK(judged(VerdictKind::fail, 1, VerdictKind::restore_failed, 5) == Judgement::worse);
  CHECK(judged(VerdictKind::unfinished, 6, VerdictKind::unfinished, 5) == Judgement::worse);
  CHECK(judged(VerdictKind::fail, 1, VerdictKind::aborted, 4) == Judgement::different);
  CHECK(judged(VerdictKind::fail, 1, VerdictKind::pass, 0) == Judgement::better);
}

TEST_CASE("the verdicts stand in the table of the comparison") {
  const auto before = record_of(with_outage(100ms));
  auto now = before;
  now.verdict.kind = drill::VerdictKind::inconclusive;
  now.verdict.exit_code = 6;
  auto passed = before;
  passed.verdict.kind = drill::VerdictKind::pass;
  passed.verdict.exit_code = 0;
  const auto comparison = report::compare(passed, now);
  const std::string text = render_text(comparison, passed, now);
  CAPTURE(text);
  CHECK(text.find(": 1 worse, 0 better, 0 different") != std::string::npos);
  CHECK(text.find("  verdict  of the drill ") != std::string::npos);
  CHECK(render_markdown(comparison, passed, now)
            .find("| verdict | of the drill | PASS | INCONCLUSIVE | **worse** |") != std::string::npos);
}

TEST_CASE("what cannot be compared well is said") {
  const auto before = record_of(with_outage(0ms));
  auto now = before;
  now.history.scenario.traffic.rate = 10;
  CHECK(report::compare(before, now).warnings == std::vector<std::string>{"the rate was 100/s and is 10/s"});
}

TEST_CASE("the comparison is JSON for programs") {
  const auto before = record_of(with_outage(100ms));
  const auto now = record_of(with_outage(600ms));
  const auto json = boost::json::parse(render_json(report::compare(before, now), before, now));
  CHECK(json.at("changes").at(0).at("judgement").as_string() == "worse");
  CHECK(json.at("changes").at(0).at("now").at("low").to_number<double>() > 500'000);
}

TEST_CASE("the interval of none begins at 0, and that of all ends at 1") {
  for (const std::uint64_t n : {1U, 7U, 60U, 131U}) {
    CAPTURE(n);
    CHECK(report::share_interval({0, n}, 2.9).low == 0);
    CHECK(report::share_interval({n, n}, 2.9).high == 1);
  }
}
