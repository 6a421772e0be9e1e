#include "drill/verdict/verdict.hpp"

#include "drill/support.hpp"

#include <algorithm>
#include <csignal>

#include <doctest/doctest.h>

using namespace meshdrill;
using namespace meshdrill::drill;
using drill::testing::Story;
using probe::Offset;
using namespace std::chrono_literals;

namespace {

const Check& find(const Verdict& verdict, Phase phase, const std::string& name) {
  const auto found = std::find_if(verdict.checks.begin(), verdict.checks.end(), [&](const Check& check) {
    return check.phase == phase && check.name == name;
  });
  REQUIRE(found != verdict.checks.end());
  return *found;
}

// The good run in `story`, with `fail` and `hold` as given: the traffic from 10 s to 22 s is the caller's.
// `left`: ready endpoints of the target that the API shows after the fault, if it is looked at.
Verdict judge_failover(Story story, std::optional<int> left, const std::function<void(Story&)>& during) {
  story.phase(0s, Phase::baseline);
  story.traffic(0s, 10s, {"one", "two"});
  story.phase(10s, Phase::fail);
  story.write(10s, "scale-down");
  if (left) story.add(10200ms, "observed", {{"cluster", "one"}, {"readyEndpoints", *left}});
  during(story);
  story.phase(22s, Phase::restore);
  story.write(22s, "restore");
  story.traffic(22s, 25s, {"one", "two"});
  story.add(25s, "restored", {{"verified", true}, {"message", ""}});
  story.phase(25s, Phase::recovered);
  story.traffic(25s, 35s, {"one", "two"});
  story.add(36s, "end", {});
  return judge(story.history());
}

Verdict judge_failover(const std::function<void(Story&)>& during) {
  return judge_failover(Story{}, 0, during);
}

}  // namespace

TEST_CASE("a drill in which everything held passes") {
  Story story;
  story.good_run();
  const Verdict verdict = judge(story.history());
  for (const Check& check : verdict.checks) {
    CAPTURE(check.name);
    CAPTURE(check.sentence);
    CHECK(check.outcome == Outcome::pass);
  }
  CHECK(verdict.kind == VerdictKind::pass);
  CHECK(verdict.exit_code == 0);
  CHECK(verdict.reason == "default/api of one was away for 12s, and everything that was expected held");
}

TEST_CASE("an outage longer than allowed fails and one that may be either is inconclusive") {
  const auto outage_of = [](Offset length) {
    return judge_failover([&](Story& story) {
      story.traffic(10s, 10s + length, {});
      story.traffic(10s + length, 12s, {"two"});
      story.phase(12s, Phase::hold);
      story.traffic(12s, 22s, {"two"});
    });
  };
  const Verdict longer = outage_of(800ms);
  CHECK(longer.kind == VerdictKind::fail);
  CHECK(longer.exit_code == 1);
  CHECK(find(longer, Phase::fail, "outage").sentence.find("between 788ms and 812ms (at most 500ms)") !=
        std::string::npos);
  CHECK(outage_of(300ms).kind == VerdictKind::pass);
  // True length in [490 ms, 510 ms], limit 500 ms.
  CHECK(find(outage_of(500ms), Phase::fail, "outage").outcome == Outcome::inconclusive);
  CHECK(outage_of(500ms).exit_code == 6);
}

TEST_CASE("errors that go on until the restore fail as outage and as error share") {
  const Verdict verdict = judge_failover([](Story& story) {
    story.traffic(10s, 12s, {});
    story.phase(12s, Phase::hold);
    story.traffic(12s, 22s, {});
  });
  CHECK(verdict.kind == VerdictKind::fail);
  CHECK(find(verdict, Phase::fail, "outage").outcome == Outcome::fail);
  CHECK(find(verdict, Phase::hold, "errors").outcome == Outcome::fail);
  CHECK(find(verdict, Phase::hold, "everyClusterSeen").outcome != Outcome::pass);
}

TEST_CASE("a target that goes on answering fails") {
  const Verdict verdict = judge_failover([](Story& story) {
    story.traffic(10s, 12s, {"two"});
    story.phase(12s, Phase::hold);
    story.traffic(12s, 22s, {"one", "two"});
  });
  CHECK(find(verdict, Phase::hold, "targetShare").outcome == Outcome::fail);
  CHECK(verdict.exit_code == 1);
}

TEST_CASE("a fault that is not proved is no pass") {
  const Verdict verdict = judge_failover(Story{}, std::nullopt, [](Story& story) {
    story.traffic(10s, 12s, {"two"});
    story.phase(12s, Phase::hold);
    story.traffic(12s, 22s, {"two"});
  });
  CHECK(verdict.kind == VerdictKind::inconclusive);
  CHECK(find(verdict, Phase::fail, "fault").outcome == Outcome::inconclusive);
}

TEST_CASE("a skewed baseline is unbalanced and a small one is not enough data") {
  Story skewed;
  skewed.phase(0s, Phase::baseline);
  skewed.traffic(0s, 10s, {"one", "two", "two", "two"});
  skewed.add(11s, "end", {});
  CHECK(check_phase(skewed.history(), Phase::baseline)[2].outcome == Outcome::fail);
  Story small;
  small.phase(0s, Phase::baseline);
  small.traffic(0s, 200ms, {"one", "two"});
  small.add(1s, "end", {});
  CHECK(check_phase(small.history(), Phase::baseline)[2].outcome == Outcome::inconclusive);
}

TEST_CASE("an ingress that serves its own cluster alone is not balanced though all clusters answer evenly") {
  Story story;
  story.phase(0s, Phase::baseline);
  story.traffic_by_stream(0s, 10s, {"one", "two"});
  story.add(11s, "end", {});
  const Check balance = check_phase(story.history(), Phase::baseline)[2];
  CHECK(balance.name == "balance");
  CHECK(balance.outcome == Outcome::fail);
  CHECK(balance.sentence.find("behind 127.0.0.1, NOT balanced over 1000 connections: one 100 % and two 0 %, "
                              "50 % each expected") == 0);
}

TEST_CASE("a silent cluster is missed for certain only with enough connections") {
  const auto seen_of = [](Offset length) {
    Story story;
    story.phase(0s, Phase::baseline);
    story.traffic(0s, length, {"two"});
    story.add(length + 1s, "end", {});
    return check_phase(story.history(), Phase::baseline)[1];
  };
  CHECK(seen_of(5s).outcome == Outcome::fail);
  CHECK(seen_of(5s).sentence == "one never answered, over 1000 connections");
  CHECK(seen_of(50ms).outcome == Outcome::inconclusive);
}

TEST_CASE("how a run ended decides before what was measured") {
  const auto ended = [](const std::function<void(Story&)>& how) {
    Story story;
    story.phase(0s, Phase::baseline);
    story.traffic(0s, 10s, {"one", "two"});
    how(story);
    return judge(story.history());
  };
  const auto abort = [](Story& story, const char* kind, int signal) {
    boost::json::object fields{{"kind", kind}, {"message", "why"}};
    if (signal != 0) fields["signal"] = signal;
    story.add(10s, "abort", fields);
    story.add(11s, "end", {});
  };
  CHECK(ended([&](Story& s) { abort(s, "refused", 0); }).exit_code == 3);
  CHECK(ended([&](Story& s) { abort(s, "guard", 0); }).exit_code == 4);
  CHECK(ended([&](Story& s) { abort(s, "interference", 0); }).exit_code == 4);
  CHECK(ended([&](Story& s) { abort(s, "interrupted", SIGINT); }).exit_code == 130);
  CHECK(ended([&](Story& s) { abort(s, "interrupted", SIGTERM); }).exit_code == 143);
  CHECK(ended([&](Story& s) { abort(s, "interrupted", SIGTERM); }).kind == VerdictKind::interrupted);
  CHECK(ended([](Story&) {}).kind == VerdictKind::unfinished);
  CHECK(ended([](Story& s) { s.add(11s, "end", {}); }).kind == VerdictKind::inconclusive);
}

TEST_CASE("a restore that is not verified beats everything else") {
  Story story;
  story.phase(0s, Phase::baseline);
  story.traffic(0s, 10s, {"one", "two"});
  story.phase(10s, Phase::fail);
  story.write(10s, "scale-down");
  story.add(11s, "abort", {{"kind", "interrupted"}, {"message", "SIGINT"}, {"signal", SIGINT}});
  CHECK(judge(story.history()).exit_code == 5);
  story.add(12s, "restored", {{"verified", false}, {"message", "kubectl scale …"}});
  story.add(13s, "end", {});
  CHECK(judge(story.history()).kind == VerdictKind::restore_failed);
  CHECK(judge(story.history()).exit_code == 5);
  CHECK(judge(story.history()).reason == "kubectl scale …");
}

namespace {

// drill_text with another fault, and nothing asked but what is asked by default.
std::string drill_with(const std::string& fault) {
  return "apiVersion: meshdrill/v1\nkind: Drill\nmetadata: {name: d}\nmesh: mesh.yaml\n"
         "target: {cluster: one, service: default/api}\nfault: " +
         fault + "\ntraffic: {url: \"http://api.test/\", rate: 100/s}\n";
}

// A run of such a drill that is restored; its middle, from 10 s to 22 s, is the caller's.
Verdict judge_fault(
    const std::string& fault, const std::function<void(Story&)>& during,
    const std::function<void(Story&)>& after = [](Story& story) {
      story.traffic(22s, 25s, {"one", "two"});
    }) {
  Story story{drill_with(fault)};
  story.phase(0s, Phase::baseline);
  story.traffic(0s, 10s, {"one", "two"});
  story.phase(10s, Phase::fail);
  story.write(10s, "set");
  during(story);
  story.phase(22s, Phase::restore);
  story.write(22s, "restore");
  after(story);
  story.add(25s, "restored", {{"verified", true}, {"message", ""}});
  story.phase(25s, Phase::recovered);
  story.traffic(25s, 35s, {"one", "two"});
  story.add(36s, "end", {});
  return judge(story.history());
}

void show_ready(Story& story, Offset at, int ready) {
  story.add(at, "observed",
            {{"cluster", "one"},
             {"kind", "Deployment"},
             {"namespace", "default"},
             {"name", "api"},
             {"readyReplicas", ready}});
}

void hold_with(Story& story, const std::vector<std::string>& first, const std::vector<std::string>& second) {
  story.traffic_of_each(10s, 12s, first, second);
  story.phase(12s, Phase::hold);
  story.traffic_of_each(12s, 22s, first, second);
}

}  // namespace

TEST_CASE("an ingress that is lost fails its own users alone") {
  const auto lost = [](Story& story) {
    show_ready(story, 10100ms, 0);
    hold_with(story, {}, {"one", "two"});
  };
  const auto back = [](Story& story) {
    show_ready(story, 22500ms, 2);
    story.traffic(22s, 25s, {"one", "two"});
  };
  const Verdict good = judge_fault("{ingressController: true}", lost, back);
  CAPTURE(good.reason);
  CHECK(good.kind == VerdictKind::pass);
  CHECK(good.fault_class == "ingress loss");
  CHECK(good.reason == "the ingress of one was away for 12s, and everything that was expected held");
  REQUIRE_FALSE(good.not_proved.empty());
  // The other address suffers as well.
  const Verdict bad = judge_fault(
      "{ingressController: true}",
      [](Story& story) {
        show_ready(story, 10100ms, 0);
        hold_with(story, {}, {});
      },
      back);
  CHECK(bad.kind == VerdictKind::fail);
  // Somebody else answers at the lost address.
  const Verdict unproved = judge_fault(
      "{ingressController: true}",
      [](Story& story) {
        show_ready(story, 10100ms, 0);
        hold_with(story, {"one"}, {"one", "two"});
      },
      back);
  CHECK(find(unproved, Phase::fail, "fault").outcome == Outcome::inconclusive);
  CHECK(unproved.exit_code == 6);
  // Its Pods were never seen to go.
  const Verdict unseen = judge_fault(
      "{ingressController: true}", [](Story& story) { hold_with(story, {}, {"one", "two"}); }, back);
  CHECK(unseen.exit_code == 6);
}

TEST_CASE("a Service that is not shared is gone from the other clusters' addresses alone") {
  const Verdict good =
      judge_fault("{unshare: true}", [](Story& story) { hold_with(story, {"one", "two"}, {"two"}); });
  CAPTURE(good.reason);
  CHECK(good.kind == VerdictKind::pass);
  CHECK(good.fault_class == "service unshared");
  const Verdict kept =
      judge_fault("{unshare: true}", [](Story& story) { hold_with(story, {"two"}, {"one", "two"}); });
  CHECK(find(kept, Phase::hold, "targetShare").outcome == Outcome::fail);
  CHECK(kept.exit_code == 1);
}

TEST_CASE("a control plane that is lost must change nothing") {
  const auto lost = [](Story& story) { show_ready(story, 10100ms, 0); };
  const Verdict good = judge_fault("{controlPlane: true}", [&](Story& story) {
    lost(story);
    hold_with(story, {"one", "two"}, {"one", "two"});
  });
  CAPTURE(good.reason);
  CHECK(good.kind == VerdictKind::pass);
  CHECK(good.fault_class == "control-plane loss");
  const Verdict split = judge_fault("{controlPlane: true}", [&](Story& story) {
    lost(story);
    hold_with(story, {"two"}, {"two"});
  });
  CHECK(find(split, Phase::hold, "everyClusterSeen").outcome == Outcome::fail);
}

TEST_CASE("deleted Pods prove the fault by their absence") {
  const auto pods = [](Story& story, int left) {
    story.add(10200ms, "observed",
              {{"cluster", "one"},
               {"kind", "Deployment"},
               {"namespace", "default"},
               {"name", "api"},
               {"podsLeft", left}});
    hold_with(story, {"one", "two"}, {"one", "two"});
  };
  CHECK(judge_fault("{deletePods: 1}", [&](Story& story) { pods(story, 0); }).kind == VerdictKind::pass);
  CHECK(judge_fault("{deletePods: 1}", [&](Story& story) { pods(story, 1); }).exit_code == 6);
  // They may be back before the restore begins.
  Story story{drill_with("{deletePods: 1}") + "expect: {restore: {readyWithin: 1s}}\n"};
  story.phase(10s, Phase::fail);
  story.write(10s, "delete");
  story.add(10100ms, "observed", {{"cluster", "one"}, {"readyEndpoints", 1}});
  story.add(11s, "observed", {{"cluster", "one"}, {"readyEndpoints", 2}});
  story.phase(12s, Phase::restore);
  story.write(12s, "restore");
  CHECK(story.history().target_ready_again == Offset{12s});
}

TEST_CASE("a part of the replicas leaves the target in the mesh") {
  const auto run = [](int left, int seen) {
    Story story{drill_with("{scale: 50%}")};
    story.add(0s, "target",
              {{"service", "default/api"},
               {"changes", boost::json::array{}},
               {"left", left},
               {"ready", {{"one", 2}, {"two", 2}}},
               {"uids", boost::json::object{}}});
    return judge_failover(std::move(story), seen, [](Story& during) {
      hold_with(during, {"one", "two", "two"}, {"one", "two", "two"});
    });
  };
  const Verdict good = run(1, 1);
  CAPTURE(good.reason);
  CHECK(good.kind == VerdictKind::pass);
  CHECK(good.fault_class == "partial workload loss");
  CHECK(run(1, 2).exit_code == 6);  // never seen to go down
}

TEST_CASE("a drill without a fault is judged by its baseline") {
  const auto smoke = [](const std::vector<std::string>& clusters) {
    Story story{drill_with("none")};
    story.phase(0s, Phase::baseline);
    story.traffic(0s, 10s, clusters);
    story.add(11s, "end", {});
    return judge(story.history());
  };
  CHECK(smoke({"one", "two"}).kind == VerdictKind::pass);
  CHECK(smoke({"one", "two"}).fault_class == "none");
  CHECK(smoke({"two"}).exit_code == 1);
}

TEST_CASE("what took how long is held against its limit") {
  const auto with = [](const std::string& expect) {
    Story story{drill_with("{scale: 0}") + "expect: " + expect + "\n"};
    story.good_run();
    return judge(story.history());
  };
  // The endpoints go after 200 ms, come back after 500 ms; the first answer of the target after that is
  // quick.
  CHECK(find(with("{fail: {effectWithin: 300ms}}"), Phase::fail, "effectWithin").outcome == Outcome::pass);
  CHECK(find(with("{fail: {effectWithin: 100ms}}"), Phase::fail, "effectWithin").outcome == Outcome::fail);
  CHECK(find(with("{fail: {drainedWithin: 100ms}}"), Phase::fail, "drainedWithin").outcome == Outcome::pass);
  CHECK(find(with("{restore: {readyWithin: 400ms}}"), Phase::restore, "readyWithin").outcome ==
        Outcome::fail);
  CHECK(find(with("{restore: {targetSeenWithin: 1s}}"), Phase::restore, "targetSeenWithin").outcome ==
        Outcome::pass);
  CHECK(find(with("{hold: {latency: {p50: 2x}}}"), Phase::hold, "latency.p50").outcome == Outcome::pass);
  CHECK(find(with("{hold: {minSamples: 1000000}}"), Phase::hold, "minSamples").outcome ==
        Outcome::inconclusive);
  CHECK(find(with("{hold: {survivors: [two]}}"), Phase::hold, "survivors").outcome == Outcome::pass);
  CHECK(find(with("{hold: {survivors: [one]}}"), Phase::hold, "survivors").outcome == Outcome::fail);
}
