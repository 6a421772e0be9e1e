#include "base/async.hpp"
#include "probe/show/metrics_server.hpp"
#include "probe/show/prometheus.hpp"

#include <map>
#include <regex>
#include <set>
#include <sstream>

#include <boost/asio/connect.hpp>
#include <boost/asio/read.hpp>
#include <boost/asio/write.hpp>
#include <doctest/doctest.h>

namespace meshdrill::probe {
namespace {

using namespace std::chrono_literals;

ProbeReport report() {
  Run run;
  const IpAddress address = *parse_ip("192.0.2.1");
  run.streams.push_back(
      {0, "192.0.2.1 new", StreamKind::pinned, ConnectionKind::fresh, Family::ipv4, address});
  DnsAnswer answer;
  answer.result = DnsResult::ok;
  answer.records = {{address, 5s}, {address, 5s}, {*parse_ip("192.0.2.2"), 4s}};
  run.answers.push_back(answer);
  Summary summary{run};
  Batch batch;
  for (std::uint64_t i = 0; i < 200; ++i) {
    Sample sample;
    sample.index = i;
    sample.planned = sample.started = 10ms * i;
    sample.finished = sample.planned + 1ms * (i % 40);
    sample.address = address;
    const bool fails = i == 7 || i == 9 || i == 11;
    sample.outcome = fails ? Outcome::http_status : Outcome::ok;
    sample.status = i == 7 ? 502 : fails ? 503 : 200;
    sample.cluster = fails ? "" : i % 2 == 0 ? "one" : "t\"w\\o\n";
    sample.request_on_connection = 1;
    batch.samples.push_back(sample);
  }
  batch.upto = 2s;
  summary.add(batch);
  Questions questions;
  questions.conditions = {*parse_condition("availability >= 99.999%")};
  return conclude({}, run, std::move(summary), questions);
}

// What promtool checks and what a scrape would refuse: each line well formed, HELP and TYPE before the first
// sample, a metric's lines together, no sample twice, buckets that rise to the count.
void check_exposition(const std::string& text) {
  static const std::regex sample_line(
      R"re(^([a-z_]+)(\{([a-z_]+="([^"\\]|\\["\\n])*")(,[a-z_]+="([^"\\]|\\["\\n])*")*\})? (-?[0-9.e+-]+|NaN|\+Inf)$)re");
  static const std::regex bucket_line(R"re(^(.*_bucket\{.*)le="([^"]+)"\} ([0-9]+)$)re");
  std::istringstream lines{text};
  std::set<std::string> finished;
  std::set<std::string> seen;
  std::map<std::string, std::uint64_t> last_bucket;
  std::string family;
  std::string type;
  REQUIRE(text.ends_with('\n'));
  for (std::string line; std::getline(lines, line);) {
    CAPTURE(line);
    if (line.starts_with("# HELP ")) {
      if (!family.empty()) finished.insert(family);
      family = line.substr(7, line.find(' ', 7) - 7);
      CHECK_FALSE(finished.contains(family));
      continue;
    }
    if (line.starts_with("# TYPE ")) {
      CHECK(line.substr(7, family.size()) == family);
      type = line.substr(8 + family.size());
      CHECK((type == "counter" || type == "gauge" || type == "histogram"));
      CHECK((type == "counter") == family.ends_with("_total"));
      continue;
    }
    std::smatch match;
    REQUIRE(std::regex_match(line, match, sample_line));
    const std::string name = match[1].str();
    CHECK((name == family || (type == "histogram" && (name == family + "_bucket" || name == family + "_sum" ||
                                                      name == family + "_count"))));
    CHECK(seen.insert(name + match[2].str()).second);
    if (std::regex_match(line, match, bucket_line)) {
      std::uint64_t& last = last_bucket[match[1].str()];
      const std::uint64_t count = std::stoull(match[3].str());
      CHECK(count >= last);
      last = count;
    }
  }
}

TEST_CASE("the metrics are what a scrape accepts") {
  const std::string text = to_prometheus(report());
  check_exposition(text);
  const auto has = [&](std::string_view part) { return text.find(part) != std::string::npos; };
  CHECK(has("outcome=\"http_status\",status=\"503\"} 2\n"));
  CHECK(has("outcome=\"http_status\",status=\"502\"} 1\n"));
  CHECK(has("cluster=\"one\",outcome=\"ok\",status=\"\"} 100\n"));
  CHECK(has("cluster=\"t\\\"w\\\\o \""));
  CHECK(has("meshdrill_probe_phase_seconds_count{stream=\"192.0.2.1 new\",phase=\"total\"} 197\n"));
  CHECK(has("meshdrill_probe_expectation{expect=\"availability >= 99.999%\"}"));
}

std::string get(const std::string& url, const std::string& head) {
  const std::size_t colon = url.rfind(':');
  const std::string port = url.substr(colon + 1, url.find('/', colon) - colon - 1);
  asio::io_context context;
  TcpSocket socket{context};
  socket.connect({asio::ip::make_address("127.0.0.1"), static_cast<std::uint16_t>(std::stoi(port))});
  asio::write(socket, asio::buffer(head + "Host: x\r\nConnection: close\r\n\r\n"));
  std::string answer;
  error_code error;
  asio::read(socket, asio::dynamic_buffer(answer), error);
  return answer;
}

TEST_CASE("the endpoint serves what was published last") {
  auto server = MetricsServer::listen("127.0.0.1:0");
  REQUIRE(server);
  const std::string url = (*server)->url();
  CHECK(get(url, "GET /metrics HTTP/1.1\r\n").starts_with("HTTP/1.1 503 "));
  (*server)->publish("one 1\n");
  (*server)->publish("two 2\n");
  const std::string answer = get(url, "GET /metrics HTTP/1.1\r\n");
  CHECK(answer.starts_with("HTTP/1.1 200 "));
  CHECK(answer.find("Content-Type: text/plain; version=0.0.4") != std::string::npos);
  CHECK(answer.ends_with("\r\n\r\ntwo 2\n"));
  CHECK(get(url, "GET /metrics?x=1 HTTP/1.1\r\n").starts_with("HTTP/1.1 200 "));
  CHECK(get(url, "HEAD /metrics HTTP/1.1\r\n").ends_with("\r\n\r\n"));
  CHECK(get(url, "GET / HTTP/1.1\r\n").starts_with("HTTP/1.1 404 "));
  CHECK(get(url, "POST /metrics HTTP/1.1\r\n").starts_with("HTTP/1.1 405 "));
  CHECK(get(url, "nonsense\r\n").empty());
  CHECK(get(url, "GET /metrics HTTP/1.1\r\n").starts_with("HTTP/1.1 200 "));
  const auto again = MetricsServer::listen(url.substr(7, url.find("/metrics") - 7));
  REQUIRE_FALSE(again);
  CHECK(again.error().message.find("cannot listen on 127.0.0.1") != std::string::npos);
}

TEST_CASE("what is no endpoint is refused") {
  for (const char* text : {"", "127.0.0.1", "9100", "localhost:9100", "::1:9100", "[127.0.0.1]:1",
                           "127.0.0.1:x", "127.0.0.1:70000", "127.0.0.1:"}) {
    CAPTURE(text);
    CHECK_FALSE(MetricsServer::listen(text));
  }
}

}  // namespace
}  // namespace meshdrill::probe
