#include "drill/journal/sample_codec.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <doctest/doctest.h>

using namespace meshdrill;
using namespace std::chrono_literals;

namespace {

probe::Batch full_batch() {
  probe::Sample sample;
  sample.stream = 3;
  sample.index = 1ULL << 40;
  sample.planned = 1s;
  sample.started = 1001ms;
  sample.finished = 1002ms;
  sample.outcome = probe::Outcome::tls_error;
  sample.address = *parse_ip("fd00::1");
  sample.port = 443;
  sample.local_port = 40000;
  sample.status = 503;
  sample.cluster = "two";
  sample.request_on_connection = 7;
  sample.phases = {1us, 2us, 3us, 4us, 5us};
  sample.detail = "certificate \"x\" has expired\n";
  sample.syn_retransmits = 2;
  sample.stalled = true;
  sample.attempts = 3;
  sample.rescue = probe::Rescue::from_lateness;
  sample.rescued_from = *parse_ip("192.0.2.1");
  probe::DnsAnswer answer;
  answer.asked = 5s;
  answer.took = 1ms;
  answer.name = "api.test";
  answer.family = Family::ipv6;
  answer.server = "127.0.0.53:53";
  answer.result = probe::DnsResult::ok;
  answer.aliases = {"a.test", "b.test"};
  answer.records = {{*parse_ip("fd00::2"), 5s}, {*parse_ip("fd00::1"), 4s}};
  answer.vantage = "system";
  answer.unanswered = {"127.0.0.52:53"};
  answer.ttl = 3s;
  answer.over_tcp = true;
  answer.authoritative = true;
  answer.detail = "of whatever";
  return {10s,
          {sample, {}},
          {answer, {}},
          {{1s, 2s}},
          {{3s, probe::DnsChange::not_pinned, *parse_ip("fd00::3"), "authority", "127.0.0.1:53"}}};
}

}  // namespace

TEST_CASE("a batch comes back from JSON text as it went") {
  const probe::Batch batch = full_batch();
  const auto text = boost::json::serialize(drill::encode(batch));
  const auto decoded = drill::decode_batch(boost::json::parse(text).as_object());
  REQUIRE(decoded);
  CHECK(decoded->upto == batch.upto);
  CHECK(decoded->samples == batch.samples);
  CHECK(decoded->answers == batch.answers);
  CHECK(decoded->stalls == batch.stalls);
  CHECK(decoded->findings == batch.findings);
}

TEST_CASE("what older journals lack reads as its default") {
  const auto batch = drill::decode_batch(
      boost::json::parse(R"({"upto": 9, "samples": [[3,7,1,2,3,"ok","192.0.2.1",80,4000,200,"two",1,)"
                         R"([1,2,3,4,5],""]], "answers": [{"asked": 1, "took": 2, "name": "api.test",)"
                         R"("family": "ipv4", "server": "127.0.0.53:53", "result": "ok", "aliases": [],)"
                         R"("records": [["192.0.2.1", 5]]}]})")
          .as_object());
  REQUIRE(batch);
  REQUIRE(batch->samples.size() == 1);
  CHECK(batch->samples[0].cluster == "two");
  CHECK(batch->samples[0].syn_retransmits == 0);
  CHECK(batch->samples[0].rescue == probe::Rescue::none);
  REQUIRE(batch->answers.size() == 1);
  CHECK(batch->answers[0].vantage.empty());
  CHECK_FALSE(batch->answers[0].over_tcp);
  const auto stream = drill::decode_stream(boost::json::parse(
      R"({"id": 0, "name": "x", "kind": "following", "connection": "new", "family": "ipv4", "address": null})"));
  REQUIRE(stream);
  CHECK(stream->vantage.empty());
}

TEST_CASE("a vantage comes back as it went") {
  const probe::Vantage vantage{"authority",
                               probe::VantageKind::authority,
                               {"192.0.2.53:53", "[::1]:53"},
                               "lb.example.net",
                               "example.net"};
  const auto decoded = drill::decode_vantage(drill::encode(vantage));
  REQUIRE(decoded);
  CHECK(*decoded == vantage);
}

TEST_CASE("a stream comes back as it went") {
  probe::Stream stream;
  stream.id = 2;
  stream.name = "DNS IPv6 reused";
  stream.kind = probe::StreamKind::following;
  stream.connection = probe::ConnectionKind::reused;
  stream.family = Family::ipv6;
  stream.vantage = "authority";
  const auto decoded = drill::decode_stream(drill::encode(stream));
  REQUIRE(decoded);
  CHECK(*decoded == stream);
}

TEST_CASE("what was tampered with is an error and no crash") {
  for (const auto* text : {"{}", R"({"upto": "x"})", R"({"upto": 1, "samples": [[1,2]]})",
                           R"({"upto": 1, "samples": [5]})", R"({"upto": 1, "stalls": [[1]]})"}) {
    CAPTURE(text);
    CHECK_FALSE(drill::decode_batch(boost::json::parse(text).as_object()));
  }
  auto fields = drill::encode(full_batch());
  fields["samples"].as_array()[0].as_array()[5] = "no_such_outcome";
  const auto decoded = drill::decode_batch(fields);
  REQUIRE_FALSE(decoded);
  CHECK(decoded.error().message == "unreadable samples: unknown name \"no_such_outcome\"");
}
