#include "drill/scenario.hpp"

#include "drill/engine.hpp"
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
  CHECK(scenario->guards.min_ready_elsewhere == 3);
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
  CHECK(error_of(shortest + "guards: {minReadyElsewhere: 0}\n").find("0 is outside 1 to") !=
        std::string::npos);
  CHECK(error_of("kind: Mesh\n").find("apiVersion: this key is required") != std::string::npos);
  std::string named = shortest;
  named.replace(named.find("{name: d}"), 9, "{name: \"a/b\"}");
  CHECK(error_of(named).find("metadata.name") != std::string::npos);
  std::string scaled = shortest;
  scaled.replace(scaled.find("scale: 0"), 8, "scale: 1");
  CHECK(error_of(scaled).find("fault.scale: only 0 is supported") != std::string::npos);
}
