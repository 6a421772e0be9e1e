#include "drill/scenario/scenario.hpp"

#include "drill/plan/runbook.hpp"
#include "drill/run/engine.hpp"
#include "drill/support.hpp"
#include "mesh/load.hpp"

#include <cstdlib>
#include <filesystem>

#include <doctest/doctest.h>

using namespace meshdrill;
using namespace meshdrill::drill;
using namespace std::chrono_literals;

namespace {

const std::string shortest = R"(apiVersion: meshdrill/v1
kind: Drill
metadata: {name: d}
mesh: mesh.yaml
target: {cluster: one, behind: {service: api}}
fault: {scale: 0}
)";

// The first diagnostic of `text`.
std::string error_of(const std::string& text) {
  const auto scenario = read_scenario_text(text, "dir/d.yaml");
  REQUIRE_FALSE(scenario);
  return to_string(scenario.error().front());
}

}  // namespace

TEST_CASE("a full drill file is read") {
  const auto scenario = read_scenario_text(drill::testing::drill_text + R"(
phases: {baseline: 5s, hold: 7s}
guards: {deadline: 4m, minReadyElsewhere: 3, abortIf: [{errors: "> 20%", over: 3s}]}
)",
                                           "drills/d.yaml");
  REQUIRE(scenario);
  CHECK(scenario->name == "api-failover");
  CHECK(scenario->mesh_file == "drills/mesh.yaml");
  CHECK(scenario->target.cluster == "one");
  CHECK(to_string(scenario->target.service) == "default/api");
  CHECK(scenario->traffic.rate == doctest::Approx(100));
  CHECK(scenario->phases.baseline == 5s);
  CHECK(scenario->phases.hold == 7s);
  CHECK(scenario->expected(Phase::fail).outage == Duration{500ms});
  CHECK(scenario->expected(Phase::hold).target_share == doctest::Approx(0));
  CHECK(scenario->expected(Phase::baseline).balance->tolerance == doctest::Approx(0.1));
  CHECK(scenario->guards.deadline == 4min);
  CHECK(scenario->guards.min_ready_elsewhere == Amount{3, std::nullopt});
  REQUIRE(scenario->guards.abort_if.size() == 1);
  CHECK(scenario->guards.abort_if[0].errors == doctest::Approx(0.2));
}

TEST_CASE("the shortest drill asks for something in every phase and is guarded") {
  const auto scenario = read_scenario_text(shortest, "d.yaml");
  REQUIRE(scenario);
  for (const Phase phase : all_phases) {
    const Expectation& expect = scenario->expected(phase);
    CHECK((expect.outage || expect.errors));
  }
  CHECK(scenario->traffic.url.empty());
  CHECK(scenario->traffic.fresh);
  CHECK(scenario->traffic.reused);
  CHECK_FALSE(scenario->guards.abort_if.empty());
  CHECK(to_string(scenario->target.service) == "default/api");
}

TEST_CASE("every drill that people copy is valid and names a mesh file and a cluster of it") {
  const char* source = std::getenv("MESHDRILL_SOURCE_DIR");  // NOLINT(concurrency-mt-unsafe)
  REQUIRE(source != nullptr);
  int found = 0;
  for (const auto& file : std::filesystem::directory_iterator{std::filesystem::path{source} / "scenarios"}) {
    if (file.path().extension() != ".yaml") continue;
    CAPTURE(file.path());
    ++found;
    const auto scenario = read_scenario(file.path().string());
    REQUIRE(scenario);
    const auto loaded = mesh::load_mesh(scenario->mesh_file);
    REQUIRE(loaded);
    CHECK(check_against_mesh(*scenario, loaded->mesh).empty());
  }
  CHECK(found > 0);
}

TEST_CASE("each mistake is named with its place") {
  CHECK(error_of(shortest + "expct: {}\n")
            .find("dir/d.yaml:7:1: error: expct: unknown key [unknown-key]\n  Did you mean \"expect\"?") ==
        0);
  CHECK(error_of(shortest + "expect: {fail: {targetShare: 0%}}\n")
            .find("expect.fail.targetShare: unknown key") != std::string::npos);
  CHECK(error_of(shortest + "expect: {fail: {outage: fast}}\n")
            .find("dir/d.yaml:7:25: error: expect.fail.outage: expected an "
                  "upper limit such as \"<= 2s\", got \"fast\"") == 0);
  CHECK(error_of(shortest + "traffic: {rate: 50}\n").find("expected a rate such as 50/s") !=
        std::string::npos);
  CHECK(error_of(shortest + "phases: {hold: 10ms}\n").find("a phase lasts at least 1s") != std::string::npos);
  CHECK(error_of(shortest + "guards: {deadline: 20s}\n").find("guards.deadline: 20s is not enough") !=
        std::string::npos);
  CHECK(error_of(shortest + "guards: {minReadyElsewhere: 0}\n").find("must be at least 1") !=
        std::string::npos);
  CHECK(error_of("kind: Mesh\n").find("apiVersion: this key is required") != std::string::npos);
  std::string named = shortest;
  named.replace(named.find("{name: d}"), 9, "{name: \"a/b\"}");
  CHECK(error_of(named).find("metadata.name") != std::string::npos);
}

TEST_CASE("of what is missing or is no map, only that is said, with its place") {
  const auto findings_of = [](const std::string& text) {
    const auto scenario = read_scenario_text(text, "d.yaml");
    REQUIRE_FALSE(scenario.has_value());
    return scenario.error();
  };
  const Diagnostics word = findings_of("severe\n");
  REQUIRE(word.size() == 1);
  CHECK(word.front().where.file == "d.yaml");
  const std::string start = "apiVersion: meshdrill/v1\nkind: Drill\nmetadata: {name: d}\nmesh: mesh.yaml\n";
  for (const std::string& rest :
       {std::string{"fault: {scale: 0}\n"}, std::string{"target: one\nfault: {scale: 0}\n"}}) {
    const Diagnostics findings = findings_of(start + rest);
    REQUIRE(findings.size() == 1);
    CHECK(findings.front().where.file == "d.yaml");
    CHECK(findings.front().what.find("target") != std::string::npos);
  }
}

namespace {

// `shortest` with another target and fault.
std::string drill_of(const std::string& target, const std::string& fault) {
  return "apiVersion: meshdrill/v1\nkind: Drill\nmetadata: {name: d}\nmesh: mesh.yaml\ntarget: " + target +
         "\nfault: " + fault + "\n";
}

Scenario scenario_of(const std::string& text) {
  const auto scenario = read_scenario_text(text, "d.yaml");
  REQUIRE_MESSAGE(scenario.has_value(), (scenario ? "" : to_string(scenario.error())));
  return *scenario;
}

const std::string behind = "{cluster: one, behind: {service: api}}";

}  // namespace

TEST_CASE("every kind of fault is read") {
  CHECK(scenario_of(drill_of(behind, "{scale: 0}")).fault.silences_target());
  CHECK_FALSE(scenario_of(drill_of(behind, "{scale: 2}")).fault.silences_target());
  CHECK(scenario_of(drill_of(behind, "{scale: 0%}")).fault.silences_target());
  CHECK(scenario_of(drill_of(behind, "{scale: 25%}")).fault.amount.of(10) == 3);
  CHECK(scenario_of(drill_of(behind, "{unshare: true}")).fault.kind == Fault::Kind::unshare);
  CHECK(scenario_of(drill_of(behind, "none")).fault.kind == Fault::Kind::none);
  CHECK(scenario_of(drill_of(behind, "{deletePods: 100%}")).fault.amount.of(3) == 3);
  const Fault ingress = scenario_of(drill_of("{cluster: one}", "{ingressController: true}")).fault;
  CHECK(ingress.kind == Fault::Kind::ingress_controller);
  CHECK_FALSE(ingress.workload);
  const Fault named = scenario_of(drill_of("{cluster: one}", "{controlPlane: statefulset a/b}")).fault;
  CHECK(named.workload == WorkloadName{"StatefulSet", {"a", "b"}});
}

TEST_CASE("a fault that makes no sense is named") {
  CHECK(error_of(drill_of(behind, "{scale: 0, unshare: true}")).find("give one of scale, unshare") !=
        std::string::npos);
  CHECK(error_of(drill_of(behind, "{}")).find("give one of scale") != std::string::npos);
  CHECK(error_of(drill_of(behind, "{scale: 100%}")).find("takes nothing away") != std::string::npos);
  CHECK(error_of(drill_of(behind, "{scale: -1}")).find("expected a number or a share") != std::string::npos);
  CHECK(error_of(drill_of(behind, "{deletePods: 0}")).find("deletes nothing") != std::string::npos);
  CHECK(error_of(drill_of(behind, "{unshare: false}")).find("can only be true") != std::string::npos);
  CHECK(error_of(drill_of(behind, "{controlPlane: job a/b}")).find("or which workload it is") !=
        std::string::npos);
  CHECK(error_of(drill_of("{cluster: one}", "{scale: 0}")).find("says no workloads") != std::string::npos);
  CHECK(error_of(drill_of("{cluster: one, workloads: [a]}", "{unshare: true}"))
            .find("not about chosen workloads") != std::string::npos);
}

TEST_CASE("workloads are chosen by name, by label or behind something") {
  const Target named =
      scenario_of(drill_of("{cluster: one, workloads: [api, statefulset data/store]}", "{scale: 0}")).target;
  REQUIRE(named.workloads.size() == 2);
  CHECK(named.workloads[0] == WorkloadName{"", {"default", "api"}});
  CHECK(named.workloads[1] == WorkloadName{"StatefulSet", {"data", "store"}});
  const Target labelled =
      scenario_of(drill_of("{cluster: one, selector: app=api, namespace: shop}", "{scale: 0}")).target;
  CHECK(labelled.selector == "app=api");
  CHECK(labelled.selector_namespace == "shop");
  const Target ingress =
      scenario_of(drill_of("{cluster: one, behind: {ingress: shop/web}}", "{scale: 0}")).target;
  CHECK(ingress.ingress == ObjectName{"shop", "web"});
  CHECK(error_of(drill_of("{cluster: one, behind: {service: a, ingress: b}}", "{scale: 0}"))
            .find("give either service or ingress") != std::string::npos);
  CHECK(error_of(drill_of("{cluster: one, behind: {service: a}, selector: x}", "{scale: 0}"))
            .find("more than one of behind, workloads and selector") != std::string::npos);
}

TEST_CASE("guards have floors that cannot be taken away by leaving things out") {
  const Guards guards = scenario_of(shortest + "guards: {abortIf: []}\n").guards;
  CHECK(guards.abort_if == Guards{}.abort_if);
  CHECK(guards.survivors_floor(7) == 1);
  CHECK(guards.max_workloads == 10);
  CHECK(guards.owners.hpa == OwnerPolicy::refuse);
  const Guards given = scenario_of(shortest + R"(guards:
  minReadyElsewhere: 50%
  minHealthyClusters: 2
  maxWorkloads: 3
  requireOptIn: true
  environment: staging
  windows: ["Mon-Fri 09:00-16:00"]
  owners: {hpa: allow, argocd: warn}
  abortIf: [{errors: "> 20%", over: 3s}, {consecutiveFailures: 5}, {observerLost: 7s}]
)")
                           .guards;
  CHECK(given.survivors_floor(7) == 4);
  CHECK(given.min_healthy_clusters == 2);
  CHECK(given.require_opt_in);
  CHECK(given.environment == "staging");
  CHECK(given.windows.size() == 1);
  CHECK(given.owners.hpa == OwnerPolicy::allow);
  CHECK(given.owners.argocd == OwnerPolicy::warn);
  CHECK(given.owners.flux == OwnerPolicy::refuse);
  CHECK(given.abort_if.size() == 1);
  CHECK(given.consecutive_failures == 5);
  CHECK(given.observer_lost == 7s);
  CHECK(error_of(shortest + "guards: {owners: {hpa: maybe}}\n").find("guards.owners.hpa") !=
        std::string::npos);
  CHECK(error_of(shortest + "guards: {windows: [noon]}\n").find("expected days and hours in UTC") !=
        std::string::npos);
}

TEST_CASE("what a drill without a fault can expect is the baseline") {
  CHECK(error_of(drill_of(behind, "none") + "expect: {hold: {errors: <= 1%}}\n")
            .find("has the baseline alone") != std::string::npos);
  const Scenario scenario = scenario_of(drill_of(behind, "{deletePods: 1}") + R"(expect:
  fail: {outage: <= 1s, effectWithin: <= 5s}
  hold: {latency: {p50: <= 2x, p99: 3x}, survivors: [two], minSamples: 100, clientErrors: <= 2%}
  restore: {readyWithin: <= 1m, targetSeenWithin: 30s}
)");
  CHECK(scenario.expected(Phase::fail).effect_within == Duration{5s});
  CHECK(scenario.expected(Phase::hold).latency_p50 == doctest::Approx(2));
  CHECK(scenario.expected(Phase::hold).latency_p99 == doctest::Approx(3));
  CHECK(scenario.expected(Phase::hold).survivors == std::vector<std::string>{"two"});
  CHECK(scenario.expected(Phase::hold).min_samples == 100);
  CHECK(scenario.expected(Phase::hold).client_errors == doctest::Approx(0.02));
  CHECK(scenario.expected(Phase::restore).ready_within == Duration{1min});
  CHECK(scenario.expected(Phase::restore).seen_within == Duration{30s});
}

TEST_CASE("a drill of each cluster is one run for each, with the Service that the mesh implies") {
  const auto loaded = mesh::load_mesh_text(R"(apiVersion: meshdrill/v1
kind: Mesh
metadata: {name: m}
cilium: {version: 1.18.0}
addressing: {ipv4: {pool: 10.96.0.0/11, cluster: 16, node: 24}}
ingress: {controller: nginx, host: api.test}
services: [{name: api, namespace: shop, ports: [{name: http, port: 80, targetPort: 80}]}]
clusters: [{name: one}, {name: two}]
)",
                                           "mesh.yaml");
  REQUIRE_MESSAGE(loaded.has_value(), (loaded ? "" : to_string(loaded.error())));
  const Scenario scenario = scenario_of(drill_of("{cluster: each}", "{unshare: true}"));
  CHECK(check_against_mesh(scenario, loaded->mesh).empty());
  const std::vector<Scenario> runs = runs_of(scenario, loaded->mesh);
  REQUIRE(runs.size() == 2);
  CHECK(runs[0].target.cluster == "one");
  CHECK(runs[1].target.cluster == "two");
  CHECK(to_string(runs[1].target.service) == "shop/api");
  const Scenario wrong = scenario_of(drill_of(behind, "{scale: 0}") + "expect: {hold: {survivors: [tow]}}\n");
  REQUIRE(check_against_mesh(wrong, loaded->mesh).size() == 1);
  CHECK(to_string(check_against_mesh(wrong, loaded->mesh)[0]).find("Did you mean \"two\"?") !=
        std::string::npos);
}

TEST_CASE("every drill that people copy has a runbook with its commands and what it does not prove") {
  const char* source = std::getenv("MESHDRILL_SOURCE_DIR");  // NOLINT(concurrency-mt-unsafe)
  REQUIRE(source != nullptr);
  for (const auto& file : std::filesystem::directory_iterator{std::filesystem::path{source} / "scenarios"}) {
    if (file.path().extension() != ".yaml") continue;
    CAPTURE(file.path());
    const auto scenario = read_scenario(file.path().string());
    REQUIRE(scenario);
    const auto loaded = mesh::load_mesh(scenario->mesh_file);
    REQUIRE(loaded);
    for (const Scenario& run : runs_of(*scenario, loaded->mesh)) {
      const std::string text = write_runbook(run, loaded->mesh, file.path().string());
      CAPTURE(text);
      CHECK(text.find("kubectl --context " + run.target.cluster) != std::string::npos);
      CHECK(text.find("## What this does not prove\n\n- ") != std::string::npos);
      CHECK((text.find("## 5. Restore") != std::string::npos) == (run.fault.kind != Fault::Kind::none));
      CHECK(text.find("Expected:\n\n\n") == std::string::npos);
    }
  }
}
