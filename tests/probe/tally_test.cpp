#include "probe/statistics/tally.hpp"

#include "probe/statistics/summary.hpp"

#include <algorithm>
#include <random>

#include <doctest/doctest.h>

namespace meshdrill::probe {
namespace {

using namespace std::chrono_literals;

const IpAddress first = *parse_ip("192.0.2.1");
const IpAddress second = *parse_ip("192.0.2.2");
const Stream pinned_first{0,    "192.0.2.1 fresh", StreamKind::pinned, ConnectionKind::fresh, Family::ipv4,
                          first};
const Stream following{
    1, "DNS A reused", StreamKind::following, ConnectionKind::reused, Family::ipv4, std::nullopt};

Sample answer(const Stream& stream, std::uint64_t index, const IpAddress& address, const std::string& cluster,
              int request_on_connection = 1) {
  Sample sample;
  sample.stream = stream.id;
  sample.index = index;
  sample.planned = sample.started = 100ms * index;
  sample.finished = sample.planned + 2ms;
  sample.outcome = Outcome::ok;
  sample.address = address;
  sample.cluster = cluster;
  sample.request_on_connection = request_on_connection;
  return sample;
}

Sample failure(const Stream& stream, std::uint64_t index, Outcome outcome) {
  Sample sample = answer(stream, index, first, "");
  sample.outcome = outcome;
  if (!stream.address) sample.address.reset();
  return sample;
}

TEST_CASE("HTTP statuses are counted, the most frequent first") {
  Tally tally;
  Tally other;
  const auto with_status = [](int status, Outcome outcome = Outcome::http_status) {
    Sample sample = failure(pinned_first, 0, outcome);
    sample.status = status;
    return sample;
  };
  for (int i = 0; i < 3; ++i) tally.add(pinned_first, with_status(502));
  tally.add(pinned_first, with_status(200, Outcome::body_mismatch));
  for (int i = 0; i < 7; ++i) other.add(pinned_first, with_status(503));
  for (int i = 0; i < 3; ++i) other.add(pinned_first, with_status(404));
  tally.merge(other);
  const StatusCounts statuses = tally.sum().statuses;
  CHECK(statuses.of(502) == 3);
  CHECK(statuses.of(200) == 0);
  CHECK(to_string(statuses) == "503 ×7, 404 ×3, 502 ×3");
  CHECK(describe(Outcome::http_status, statuses) == "unexpected HTTP status (503 ×7, 404 ×3, 502 ×3)");
  CHECK(describe(Outcome::connect_refused, statuses) == "connection refused");
}

TEST_CASE("what is told of HTTP statuses is bounded, whatever a journal holds") {
  StatusCounts statuses;
  Sample sample = failure(pinned_first, 0, Outcome::http_status);
  for (int status = -10; status < 5000; ++status) {
    sample.status = status;
    statuses.add(sample);
  }
  CHECK(statuses.by_frequency().size() == 1000);
  CHECK(statuses.of(0) == 11 + 4000);
  CHECK(to_string(statuses) == "000 ×4011, 001 ×1, 002 ×1, 003 ×1, 004 ×1, 995 more");
  StatusCounts one;
  sample.status = 502;
  one.add(sample);
  CHECK(describe(Outcome::http_status, one) == "unexpected HTTP status (502)");
  CHECK(describe(Outcome::http_status, {}) == "unexpected HTTP status");
}

TEST_CASE("the tally is a matrix of address and cluster") {
  Tally tally;
  tally.add(pinned_first, answer(pinned_first, 0, first, "one"));
  tally.add(pinned_first, answer(pinned_first, 1, first, "two"));
  tally.add(pinned_first, failure(pinned_first, 2, Outcome::connect_refused));
  tally.add(following, answer(following, 0, second, "two"));
  tally.add(following, answer(following, 1, second, "two", 2));
  tally.add(following, failure(following, 2, Outcome::dns_nxdomain));
  CHECK(tally.addresses() == std::set<IpAddress>{first, second});
  CHECK(tally.clusters() == std::set<std::string>{"one", "two"});
  CHECK(tally.sum().total() == 6);
  CHECK(tally.sum().ok() == 4);
  CHECK(tally.sum().latency().count() == 4);
  // Two requests on one connection are one draw.
  CHECK(tally.connections(StreamKind::following) == std::map<std::string, std::uint64_t>{{"two", 1}});
  CHECK(tally.connections(std::nullopt) == std::map<std::string, std::uint64_t>{{"one", 1}, {"two", 2}});
  const Cell refused =
      tally.sum([](const CellKey& key) { return key.address == first && key.cluster.empty(); });
  CHECK(refused.total() == 1);
}

TEST_CASE("tallies add up") {
  Tally whole;
  Tally a;
  Tally b;
  for (std::uint64_t i = 0; i < 100; ++i) {
    const Sample sample = i % 7 == 0 ? failure(pinned_first, i, Outcome::http_status)
                                     : answer(pinned_first, i, first, i % 3 == 0 ? "one" : "two");
    whole.add(pinned_first, sample);
    (i % 2 == 0 ? a : b).add(pinned_first, sample);
  }
  a.merge(b);
  CHECK(a == whole);
}

TEST_CASE("a summary reads samples in order of the plan whatever order they finish in") {
  std::vector<Sample> samples;
  for (std::uint64_t i = 0; i < 60; ++i) {
    samples.push_back(i >= 20 && i < 30 ? failure(pinned_first, i, Outcome::connect_timeout)
                                        : answer(pinned_first, i, first, "one"));
  }
  const auto truth = find_outages(samples);
  REQUIRE(truth.size() == 1);
  std::mt19937_64 random{3};
  for (int run = 0; run < 20; ++run) {
    std::shuffle(samples.begin(), samples.end(), random);
    Summary summary{{pinned_first}};
    for (std::size_t i = 0; i < samples.size(); i += 7) {
      Batch batch;
      for (std::size_t k = i; k < std::min(i + 7, samples.size()); ++k) batch.samples.push_back(samples[k]);
      summary.add(batch);
    }
    const auto streams = summary.streams();
    REQUIRE(streams.size() == 1);
    CHECK(streams[0].outages == truth);
    CHECK(streams[0].planned() == 60);
    CHECK(streams[0].count(Outcome::connect_timeout) == 10);
  }
}

TEST_CASE("a summary counts which address each DNS answer named first") {
  Summary summary{{following}};
  for (int i = 0; i < 3; ++i) {
    DnsAnswer answer;
    answer.result = DnsResult::ok;
    answer.records = {{i == 0 ? first : second, 30s}, {i == 0 ? second : first, 30s}};
    summary.add(answer);
  }
  DnsAnswer failed;
  failed.result = DnsResult::servfail;
  summary.add(failed);
  const LookupSummary& lookup = summary.lookups().at({"", Family::ipv4});
  CHECK(lookup.first.at(first) == 1);
  CHECK(lookup.first.at(second) == 2);
  CHECK(lookup.results.at(DnsResult::servfail) == 1);
}

}  // namespace
}  // namespace meshdrill::probe
