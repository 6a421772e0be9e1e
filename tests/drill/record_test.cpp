#include "drill/record.hpp"

#include <doctest/doctest.h>

using namespace meshdrill::drill;

TEST_CASE("a record comes back as it went") {
  const Record record{
      "run-1", "api-failover", "host", "2026-01-31T08:05:09Z", 0, {{{"default", "api"}, "u1", 3}}};
  const auto decoded = decode_record(encode(record));
  REQUIRE(decoded);
  CHECK(decoded->run == "run-1");
  CHECK(decoded->scaled_to == 0);
  REQUIRE(decoded->workloads.size() == 1);
  CHECK(decoded->workloads[0].object == ObjectName{"default", "api"});
  CHECK(decoded->workloads[0].uid == "u1");
  CHECK(decoded->workloads[0].replicas == 3);
}

TEST_CASE("a record that cannot be understood is an error") {
  CHECK_FALSE(decode_record("not json"));
  CHECK_FALSE(decode_record("{}"));
  const auto newer = decode_record(R"({"schema": 2})");
  REQUIRE_FALSE(newer);
  CHECK(newer.error().message == "the record has schema 2, this version reads 1");
}

TEST_CASE("the command to type survives a shell") {
  CHECK(restore_command("my context", {{"default", "api"}, "u1", 3}) ==
        "kubectl --context 'my context' -n default scale deployment/api --replicas=3");
}
