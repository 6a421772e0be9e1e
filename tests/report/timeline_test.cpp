#include "report/timeline.hpp"

#include <boost/json/array.hpp>
#include <doctest/doctest.h>

using namespace meshdrill;
using namespace std::chrono_literals;
using report::Timeline;
using report::TimelineBuilder;
using report::TimelineEvent;

namespace {

probe::Sample sample(probe::Offset planned, std::string cluster) {
  probe::Sample sample;
  sample.planned = planned;
  sample.finished = planned + 2ms;
  sample.outcome = cluster.empty() ? probe::Outcome::connect_refused : probe::Outcome::ok;
  sample.cluster = std::move(cluster);
  return sample;
}

probe::DnsAnswer answer(probe::Offset asked, const std::vector<std::string>& addresses) {
  probe::DnsAnswer answer;
  answer.asked = asked;
  answer.name = "api.test";
  answer.server = "192.0.2.53:53";
  answer.result = probe::DnsResult::ok;
  for (const std::string& address : addresses) answer.records.push_back({*parse_ip(address), 30s});
  return answer;
}

}  // namespace

TEST_CASE("each sample counts in the window in which it was planned") {
  TimelineBuilder builder;
  probe::Batch batch;
  batch.samples = {sample(99'999us, "one"), sample(100ms, "two"), sample(150ms, "")};
  batch.samples.push_back(sample(210ms, ""));
  batch.samples.back().outcome = probe::Outcome::not_sent;
  builder.add(batch);
  const Timeline& timeline = builder.timeline();
  REQUIRE(timeline.windows.size() == 3);
  CHECK(timeline.windows[0].answers.at("one") == 1);
  CHECK(timeline.windows[1].answered() == 1);
  CHECK(timeline.windows[1].failures.at(probe::Outcome::connect_refused) == 1);
  CHECK(timeline.windows[1].latency.max() == 2ms);
  CHECK(timeline.windows[2].unsent == 1);
  CHECK(timeline.windows[2].failed() == 0);
}

TEST_CASE("a run of any length keeps its sums and its size") {
  TimelineBuilder builder;
  constexpr std::uint64_t hours = 10;
  for (std::uint64_t second = 0; second < hours * 3600; ++second) {
    probe::Batch batch;
    batch.samples = {sample(std::chrono::seconds{second}, "one"), sample(std::chrono::seconds{second}, "")};
    builder.add(batch);
  }
  const Timeline& timeline = builder.timeline();
  CHECK(timeline.windows.size() <= Timeline::most_windows);
  CHECK(timeline.windows.size() > Timeline::most_windows / 3);
  CHECK(timeline.begin_of(timeline.windows.size()) >= 36'000s);
  std::uint64_t answered = 0;
  std::uint64_t failed = 0;
  for (const auto& window : timeline.windows) {
    answered += window.answered();
    failed += window.failed();
  }
  CHECK(answered == hours * 3600);
  CHECK(failed == hours * 3600);
  // All but the last are equally full.
  CHECK(timeline.windows[0].answered() == timeline.windows[timeline.windows.size() / 2].answered());
}

TEST_CASE("DNS answers are events only where they change, whatever their order") {
  TimelineBuilder builder;
  probe::Batch batch;
  batch.answers = {answer(1s, {"192.0.2.1", "192.0.2.2"}), answer(2s, {"192.0.2.2", "192.0.2.1"}),
                   answer(3s, {"192.0.2.2"})};
  builder.add(batch);
  REQUIRE(builder.timeline().events.size() == 2);
  CHECK(builder.timeline().events[1].text == "A api.test at 192.0.2.53:53: 192.0.2.2");
}

TEST_CASE("what is written is kept, however much flaps before it") {
  TimelineBuilder builder;
  for (std::size_t i = 0; i < 2 * Timeline::most_events; ++i) {
    builder.add({probe::Offset{i}, "observed", {{"cluster", "one"}, {"readyEndpoints", 1}}});
  }
  builder.add({5s, "wrote", {{"action", "restore"}, {"to", 2}}});
  const Timeline& timeline = builder.timeline();
  CHECK(timeline.events.size() == Timeline::most_events + 1);
  CHECK(timeline.events_left_out == Timeline::most_events);
  CHECK(timeline.events.back().kind == TimelineEvent::Kind::write);
  CHECK(timeline.end == 5s);
}

TEST_CASE("what the API showed and what was written is said in words, in those of earlier versions as well") {
  TimelineBuilder builder;
  const boost::json::object pods{
      {"cluster", "one"}, {"kind", "Deployment"}, {"namespace", "default"}, {"name", "api"}, {"podsLeft", 2}};
  const boost::json::object ready{{"cluster", "one"},
                                  {"kind", "DaemonSet"},
                                  {"namespace", "ingress"},
                                  {"name", "controller"},
                                  {"readyReplicas", 0}};
  builder.add({1s, "observed", {{"cluster", "one"}, {"readyEndpoints", 1}}});
  builder.add({2s, "observed", pods});
  builder.add({3s, "observed", ready});
  builder.add({4s,
               "intent",
               {{"action", "unshare"}, {"cluster", "one"}, {"message", "service default/api to \"false\""}}});
  builder.add(
      {5s,
       "wrote",
       {{"action", "restore"}, {"cluster", "one"}, {"namespace", "default"}, {"name", "api"}, {"to", 2}}});
  std::vector<std::string> texts;
  for (const TimelineEvent& event : builder.timeline().events) texts.push_back(event.text);
  CHECK(texts == std::vector<std::string>{
                     "one has 1 ready endpoint", "Deployment default/api of one: 2 of the deleted Pods left",
                     "DaemonSet ingress/controller of one: 0 ready",
                     "about to write: unshare in one: service default/api to \"false\"",
                     "acknowledged: restore in one: deployment default/api to 2 replicas"});
}
