#include "drill/journal/history.hpp"

#include "drill/support.hpp"

#include <doctest/doctest.h>

using namespace meshdrill;
using namespace meshdrill::drill;
using drill::testing::Story;
using namespace std::chrono_literals;

TEST_CASE("samples belong to the phase in which they were planned") {
  Story story;
  story.good_run();
  const History& history = story.history();
  REQUIRE(history.phases.size() == phase_count);
  CHECK(history.phase(Phase::baseline)->tally.sum().total() == 2000);
  CHECK(history.phase(Phase::fail)->tally.sum().total() == 400);
  CHECK(history.phase(Phase::hold)->tally.sum().total() == 2000);
  CHECK(history.phase(Phase::recovered)->tally.sum().ok() == 2000);
  CHECK(history.phase(Phase::hold)->tally.clusters() == std::set<std::string>{"two"});
  CHECK(history.phase(Phase::recovered)->to == probe::Offset{36s});
}

TEST_CASE("the fault and the restore are found with their proofs") {
  Story story;
  story.good_run();
  const History& history = story.history();
  CHECK(history.faulted == probe::Offset{10s});
  CHECK(history.target_drained == probe::Offset{10200ms});
  CHECK(history.last_target_answer < probe::Offset{10s});
  CHECK(history.restore_written == probe::Offset{22s});
  CHECK(history.target_ready_again == probe::Offset{22500ms});
  CHECK(history.target_seen_again > probe::Offset{22s});
  CHECK(history.restored->verified);
  CHECK(history.changed);
  CHECK(history.ended);
  for (const auto& stream : history.outages) CHECK(stream.empty());
}

TEST_CASE("endpoints that are seen to go before the write is acknowledged prove the fault as well") {
  Story story;
  story.phase(0s, Phase::baseline);
  story.add(9s, "observed", {{"cluster", "one"}, {"readyEndpoints", 0}});  // before any change: no proof
  story.add(9s, "observed", {{"cluster", "one"}, {"readyEndpoints", 2}});
  const boost::json::object write{{"action", "scale-down"}};
  story.add(10s, "intent", write);
  story.add(10200ms, "observed", {{"cluster", "two"}, {"readyEndpoints", 0}});
  CHECK_FALSE(story.history().target_drained);
  story.add(10300ms, "observed", {{"cluster", "one"}, {"readyEndpoints", 0}});
  story.add(11s, "wrote", write);
  CHECK(story.history().target_drained == probe::Offset{10300ms});
}

TEST_CASE("samples that arrive out of order are counted once and in order") {
  Story story;
  story.phase(0s, Phase::baseline);
  probe::Batch late;
  probe::Batch early;
  for (std::uint64_t i = 0; i < 100; ++i) {
    probe::Sample sample;
    sample.index = i;
    sample.planned = 10ms * static_cast<int>(i);
    sample.started = sample.planned;
    sample.finished = sample.planned;
    sample.outcome = i == 10 ? probe::Outcome::timeout_first_byte : probe::Outcome::ok;
    sample.cluster = i == 10 ? "" : "two";
    (i == 10 ? late : early).samples.push_back(sample);
  }
  early.upto = 100ms;  // the one that hangs holds it back
  story.add(1s, "samples", encode(early));
  CHECK(story.history().phase(Phase::baseline)->tally.sum().total() == 0);
  late.upto = 5s;
  story.add(2s, "samples", encode(late));
  CHECK(story.history().phase(Phase::baseline)->tally.sum().total() == 100);
  REQUIRE(story.history().outages[0].size() == 1);
  const probe::Bounds bounds = story.history().outages[0][0].bounds();
  CHECK(bounds.lower == 0ms);
  CHECK(bounds.upper == probe::Offset{20ms});
}

TEST_CASE("a journal of another schema or with no start is refused") {
  HistoryBuilder builder;
  CHECK_FALSE(builder.add({0s, "phase", {{"phase", "baseline"}}}));
  const auto newer = builder.add({0s, "start", {{"schema", journal_schema + 1}}});
  REQUIRE_FALSE(newer);
  CHECK(newer.error().message.find("schema 2") != std::string::npos);
}

TEST_CASE("events that are not known are passed over and broken ones are errors") {
  Story story;
  CHECK(story.builder.add({1s, "weather", {{"sky", "blue"}}}));
  CHECK_FALSE(story.builder.add({1s, "phase", {{"phase", "lunch"}}}));
  CHECK_FALSE(story.builder.add({1s, "wrote", {}}));
}

TEST_CASE("the target entry of an earlier version is read as Deployments that go to 0") {
  Story story;
  story.add(
      0s, "target",
      {{"workloads",
        {{{"cluster", "one"}, {"namespace", "default"}, {"name", "api"}, {"uid", "u"}, {"replicas", 3}}}},
       {"ready", {{"one", 3}}},
       {"uids", boost::json::object{}}});
  CHECK(story.history().changes.back() == scale_to_zero({"default", "api"}, "u", 3));
}

TEST_CASE("where an ingress is taken away, failures of what asks it are the drill's own doing") {
  Story story;
  History history = story.history();
  const probe::Stream& to_target = history.streams.at(0);
  const probe::Stream& elsewhere = history.streams.at(1);
  probe::Stream following = to_target;
  following.kind = probe::StreamKind::following;
  following.address.reset();
  CHECK_FALSE(history.is_of_fault(to_target));
  history.scenario.fault.kind = Fault::Kind::ingress_controller;
  CHECK(history.is_of_fault(to_target));
  CHECK(history.is_of_fault(following));  // DNS may lead it there
  CHECK_FALSE(history.is_of_fault(elsewhere));
}
