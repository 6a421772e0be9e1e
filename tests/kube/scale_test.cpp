#include "kube/scale.hpp"

#include "kube/support/run.hpp"
#include "kube/support/scripted_server.hpp"

#include <string>

#include <boost/json/parse.hpp>
#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace meshdrill;
using namespace meshdrill::kube;
using namespace meshdrill::kube::test;
using Outcome = ReplicasResult::Outcome;

namespace {

const ObjectRef workload(deployments(), "default", "api");

// A Scale as the API writes it: 0 replicas are left out.
std::string scale(int replicas, int version, const std::string& uid = "u-1") {
  return fmt::format(
      R"({{"metadata":{{"uid":"{}","resourceVersion":"{}"}},"spec":{{{}}},"status":{{"replicas":3}}}})", uid,
      version, replicas == 0 ? std::string() : fmt::format("\"replicas\":{}", replicas));
}

struct Scaling {
  asio::io_context io{1};
  ScriptedServer server{io};
  Client client{io.get_executor(), server.connection()};

  ReplicasResult set(int expected, int wanted, Duration timeout = std::chrono::seconds{30}) {
    ReplicasChange change;
    change.uid = "u-1";
    change.expected = expected;
    change.wanted = wanted;
    change.timeout = timeout;
    return run(io, set_replicas(client, workload, change));
  }

  // "GET PUT GET": what was asked of the API.
  [[nodiscard]] std::string verbs() const {
    std::string text;
    for (const auto& request : server.seen()) text += (text.empty() ? "" : " ") + request.method;
    return text;
  }
};

}  // namespace

TEST_CASE("no replicas in a Scale mean zero") {
  Scaling scaling;
  scaling.server.then(answer(200, scale(0, 5)));
  const auto read = run(scaling.io, read_scale(scaling.client, workload));
  REQUIRE(read.has_value());
  CHECK(read->replicas == 0);
  CHECK(read->status_replicas == 3);
  CHECK(read->uid == "u-1");
  CHECK(read->resource_version == "5");
  CHECK(scaling.server.seen().at(0).target == "/apis/apps/v1/namespaces/default/deployments/api/scale");
}

TEST_CASE("replicas are written with uid and resourceVersion") {
  Scaling scaling;
  scaling.server.then(answer(200, scale(3, 5)));
  scaling.server.then(answer(200, scale(0, 6)));
  const ReplicasResult result = scaling.set(3, 0);
  CHECK(result.outcome == Outcome::written);
  CHECK(result.writes == 1);
  REQUIRE(result.seen.has_value());
  CHECK(result.seen->resource_version == "6");
  const SeenRequest& put = scaling.server.seen().at(1);
  CHECK(put.method == "PUT");
  const auto body = boost::json::parse(put.body);
  CHECK(body.at_pointer("/metadata/uid") == "u-1");
  CHECK(body.at_pointer("/metadata/resourceVersion") == "5");
  CHECK(body.at_pointer("/spec/replicas") == 0);
  CHECK(body.at("kind") == "Scale");
}

TEST_CASE("after a conflict it looks again before it writes again") {
  Scaling scaling;
  scaling.server.then(answer(200, scale(3, 5)));
  scaling.server.then(refuse(409, "Conflict", "modified"));
  scaling.server.then(answer(200, scale(3, 8)));
  scaling.server.then(answer(200, scale(0, 9)));
  CHECK(scaling.set(3, 0).outcome == Outcome::written);
  CHECK(scaling.verbs() == "GET PUT GET PUT");
  CHECK(boost::json::parse(scaling.server.seen().at(3).body).at_pointer("/metadata/resourceVersion") == "8");
}

TEST_CASE("a value that changed during a conflict is left alone") {
  Scaling scaling;
  scaling.server.then(answer(200, scale(3, 5)));
  scaling.server.then(refuse(409, "Conflict", "modified"));
  scaling.server.then(answer(200, scale(7, 8)));
  const ReplicasResult result = scaling.set(3, 0);
  CHECK(result.outcome == Outcome::foreign);
  CHECK(result.seen.value().replicas == 7);
  CHECK(scaling.verbs() == "GET PUT GET");
}

TEST_CASE("conflicts without end are given up") {
  Scaling scaling;
  for (int round = 0; round < 20; ++round) {
    scaling.server.then(answer(200, scale(3, round)));
    scaling.server.then(refuse(409, "Conflict", "modified"));
  }
  const ReplicasResult result = scaling.set(3, 0);
  CHECK(result.outcome == Outcome::failed);
  CHECK(result.writes == 11);
  REQUIRE(result.error.has_value());
  CHECK(result.error->conflict());
}

TEST_CASE("a lost answer is settled by reading") {
  Scaling scaling;
  scaling.server.then(answer(200, scale(3, 5)));
  scaling.server.then(close_unanswered());
  scaling.server.then(answer(200, scale(0, 6)));
  const ReplicasResult result = scaling.set(3, 0);
  CHECK(result.outcome == Outcome::written);
  CHECK(result.writes == 1);
  CHECK(scaling.verbs() == "GET PUT GET");
}

TEST_CASE("a lost write that did not take is written again over what was read") {
  Scaling scaling;
  scaling.server.then(answer(200, scale(3, 5)));
  scaling.server.then(close_unanswered());
  scaling.server.then(answer(200, scale(3, 5)));
  scaling.server.then(answer(200, scale(0, 6)));
  const ReplicasResult result = scaling.set(3, 0);
  CHECK(result.outcome == Outcome::written);
  CHECK(result.writes == 2);
}

TEST_CASE("a write that the API stopped waiting for is settled by reading") {
  Scaling scaling;
  scaling.server.then(answer(200, scale(3, 5)));
  scaling.server.then(refuse(504, "Timeout", "request did not complete within the allotted timeout"));
  scaling.server.then(answer(200, scale(0, 6)));
  CHECK(scaling.set(3, 0).outcome == Outcome::written);
}

TEST_CASE("a lost answer that cannot be settled in time stays unsettled") {
  Scaling scaling;
  scaling.server.then(answer(200, scale(3, 5)));
  scaling.server.then(close_unanswered());
  for (int round = 0; round < 200; ++round) scaling.server.then(close_unanswered());
  const ReplicasResult result = scaling.set(3, 0, std::chrono::seconds{5});
  CHECK(result.outcome == Outcome::unsettled);
  CHECK(result.writes == 1);
}

TEST_CASE("another workload of the same name is left alone") {
  Scaling scaling;
  scaling.server.then(answer(200, scale(3, 5, "u-2")));
  CHECK(scaling.set(3, 0).outcome == Outcome::foreign);
  CHECK(scaling.verbs() == "GET");
}

TEST_CASE("replicas that are as wanted are not written") {
  Scaling scaling;
  scaling.server.then(answer(200, scale(3, 5)));
  const ReplicasResult result = scaling.set(0, 3);
  CHECK(result.outcome == Outcome::already);
  CHECK(result.writes == 0);
}

TEST_CASE("a workload that is not there is gone") {
  Scaling scaling;
  scaling.server.then(refuse(404, "NotFound", "not found"));
  CHECK(scaling.set(3, 0).outcome == Outcome::gone);
}

TEST_CASE("a refused write fails at once and one that is throttled is tried again") {
  Scaling scaling;
  scaling.server.then(answer(200, scale(3, 5)));
  scaling.server.then(refuse(403, "Forbidden", "no"));
  CHECK(scaling.set(3, 0).outcome == Outcome::failed);
  CHECK(scaling.verbs() == "GET PUT");

  scaling.server.then(answer(200, scale(3, 5)));
  scaling.server.then(refuse(429, "TooManyRequests", "later"));
  scaling.server.then(answer(200, scale(3, 5)));
  scaling.server.then(answer(200, scale(0, 6)));
  CHECK(scaling.set(3, 0).outcome == Outcome::written);
}

TEST_CASE("one guarded write says what became of it") {
  Scaling scaling;
  Scale read;
  read.uid = "u-1";
  read.resource_version = "5";
  read.replicas = 3;
  const auto write = [&](bool dry_run) {
    return run(scaling.io, write_scale(scaling.client, workload, read, 0, dry_run));
  };
  scaling.server.then(answer(200, scale(0, 6)));
  CHECK(write(true).outcome == ScaleWrite::Outcome::written);
  CHECK(scaling.server.seen().at(0).target.ends_with("/scale?dryRun=All"));
  scaling.server.then(refuse(409, "Conflict", "modified"));
  CHECK(write(false).outcome == ScaleWrite::Outcome::conflict);
  scaling.server.then(close_unanswered());
  CHECK(write(false).outcome == ScaleWrite::Outcome::ambiguous);
  scaling.server.then(refuse(422, "Invalid", "no"));
  CHECK(write(false).outcome == ScaleWrite::Outcome::failed);
}
