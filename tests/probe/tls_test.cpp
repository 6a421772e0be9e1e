#include "probe/support/authority.hpp"
#include "probe/support/dns_server.hpp"
#include "probe/support/http_server.hpp"
#include "probe/support/recorded_run.hpp"

#include <algorithm>

#include <doctest/doctest.h>
#include <fmt/format.h>

namespace meshdrill::probe {
namespace {

using namespace testing;
using namespace std::chrono_literals;

// Five requests to https://`host`, which DNS says is 127.0.0.1, where somebody answers with `certificate`.
RecordedRun ask(const std::string& host, const KeyPair& certificate, const std::string& ca_file,
                bool reused = false) {
  HttpServer server{"127.0.0.1", 0,
                    [](const std::string&) { return Reply{ok_answer(hello("abc")), {}, Reply::Then::keep}; },
                    certificate};
  DnsServer dns{[](const std::string& name, int type) { return addresses(name, type, {"127.0.0.1"}); }};
  ProbeConfig config;
  config.url = fmt::format("https://{}:{}/", host, server.port());
  config.rate = 20;
  config.timeouts = {20s, 20s, 20s, 20s, 20s};
  config.dns_servers = {dns.server()};
  config.following = false;
  config.fresh = !reused;
  config.reused = reused;
  config.ca_file = ca_file;
  return record(config, 5);
}

void check_refused(const RecordedRun& run, const std::string& why) {
  REQUIRE_FALSE(run.samples.empty());
  for (const Sample& sample : run.samples) {
    CHECK(sample.outcome == Outcome::tls_error);
    CHECK(sample.detail == why);
    CHECK(sample.phases.tls > 0us);
  }
}

TEST_CASE("the certificate is checked against the name of the URL while connected to an address") {
  const Authority authority;
  const KeyPair certificate = authority.issue("api.example.org");
  const RecordedRun run = ask("api.example.org", certificate, authority.file);
  CHECK(run.count(Outcome::ok) == run.samples.size());
  CHECK(run.samples[0].phases.tls > 0us);
  check_refused(ask("other.example.org", certificate, authority.file), "hostname mismatch");
}

TEST_CASE("an address in the URL is checked as an address") {
  const Authority authority;
  const RecordedRun run = ask("127.0.0.1", authority.issue("127.0.0.1"), authority.file);
  CHECK(run.count(Outcome::ok) == run.samples.size());
  check_refused(ask("127.0.0.1", authority.issue("127.0.0.2"), authority.file), "IP address mismatch");
}

TEST_CASE("an expired certificate and a wrong authority are refused with the reason") {
  const Authority authority;
  const Authority other;
  check_refused(ask("api.example.org", authority.issue("api.example.org", 48h), authority.file),
                "certificate has expired");
  const RecordedRun run = ask("api.example.org", authority.issue("api.example.org"), other.file);
  CHECK(run.count(Outcome::tls_error) == run.samples.size());
}

TEST_CASE("requests over TLS share a kept connection") {
  const Authority authority;
  const RecordedRun run = ask("api.example.org", authority.issue("api.example.org"), authority.file, true);
  CHECK(run.count(Outcome::ok) == run.samples.size());
  int highest = 0;
  for (const Sample& sample : run.samples) highest = std::max(highest, sample.request_on_connection);
  CHECK(highest > 1);
}

TEST_CASE("a server that does not speak TLS is a TLS error") {
  HttpServer server{"127.0.0.1", 0,
                    [](const std::string&) { return Reply{"HTTP/1.1 400 Bad Request\r\n\r\n"}; }};
  ProbeConfig config;
  config.url = fmt::format("https://127.0.0.1:{}/", server.port());
  config.timeouts = {20s, 20s, 1s, 20s, 20s};
  const RecordedRun run = record(config, 3);
  for (const Sample& sample : run.samples) {
    // It waits for a blank line, which a ClientHello need not hold.
    CHECK((sample.outcome == Outcome::tls_error || sample.outcome == Outcome::tls_timeout));
  }
}

TEST_CASE("a server that never answers the handshake is a TLS time-out") {
  HttpServer server{"127.0.0.1", 0, [](const std::string&) { return Reply{}; }};
  ProbeConfig config;
  config.url = fmt::format("https://127.0.0.1:{}/", server.port());
  config.timeouts = {20s, 20s, 300ms, 20s, 20s};
  const RecordedRun run = record(config, 3);
  CHECK(run.count(Outcome::tls_timeout) == run.samples.size());
}

}  // namespace
}  // namespace meshdrill::probe
