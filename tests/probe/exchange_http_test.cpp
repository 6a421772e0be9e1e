// What a request may carry and what its answer must be, against servers that do as they are told.
#include "probe/support/http_server.hpp"
#include "probe/support/recorded_run.hpp"

#include <algorithm>
#include <atomic>
#include <mutex>
#include <set>

#include <doctest/doctest.h>
#include <fmt/format.h>

namespace meshdrill::probe {
namespace {

using namespace testing;
using namespace std::chrono_literals;

RecordedRun against(const HttpServer::Handler& handler, const std::function<void(ProbeConfig&)>& change) {
  HttpServer server{"127.0.0.1", 0, handler};
  ProbeConfig config = patient("127.0.0.1", server.port());
  change(config);
  return record(config, 5);
}

TEST_CASE("method, headers and body arrive as they were given") {
  std::atomic<int> right = 0;
  const RecordedRun run = against(
      [&](const std::string& request) {
        right += request.starts_with("PUT / HTTP/1.1\r\n") &&
                 request.find("\r\nX-Key: secret\r\n") != std::string::npos &&
                 request.ends_with("\r\n\r\nsome body");
        return Reply{ok_answer(hello("abc"))};
      },
      [](ProbeConfig& config) { config.request = {"PUT", {{"X-Key", "secret"}}, "some body"}; });
  check_all(run, Outcome::ok);
  CHECK(right >= static_cast<int>(run.samples.size()));
}

TEST_CASE("a body larger than the socket's buffer is sent in full") {
  const std::string body(4 << 20, 'x');
  std::atomic<int> right = 0;
  const RecordedRun run = against(
      [&](const std::string& request) {
        right += request.ends_with("\r\n\r\n" + body);
        return Reply{ok_answer(hello("abc"))};
      },
      [&](ProbeConfig& config) {
        config.rate = 10;  // more than that is more than a sanitized server on a busy machine takes in
        config.request = {"POST", {}, body};
      });
  check_all(run, Outcome::ok);
  CHECK(right >= static_cast<int>(run.samples.size()));
}

TEST_CASE("the answer to HEAD ends with its head") {
  const RecordedRun run = against(
      [](const std::string&) {
        return Reply{
            "HTTP/1.1 200 OK\r\nContent-Length: 100\r\nX-Cluster: abc\r\n\r\n", {}, Reply::Then::keep};
      },
      [](ProbeConfig& config) {
        config.request.method = "HEAD";
        config.identify.header = "x-cluster";
      });
  check_all(run, Outcome::ok);
  CHECK(run.samples[0].cluster == "abc");
}

TEST_CASE("the expected status decides what is fine") {
  const auto handler = [](const std::string&) {
    return Reply{"HTTP/1.1 404 Not Found\r\nContent-Length: 12\r\n\r\nCluster abc\n"};
  };
  const RecordedRun run = against(handler, [](ProbeConfig& config) { config.expect.status = "200,404"; });
  check_all(run, Outcome::ok);
  CHECK(run.samples[0].status == 404);
  check_all(against(handler, [](ProbeConfig& config) { config.expect.status = "200-403,405-599"; }),
            Outcome::http_status);
}

TEST_CASE("a body that is not the expected one has a bucket of its own") {
  const auto handler = [](const std::string&) { return Reply{ok_answer(hello("abc"))}; };
  const RecordedRun run = against(handler, [](ProbeConfig& config) { config.expect.body_regex = "healthy"; });
  check_all(run, Outcome::body_mismatch);
  CHECK(run.samples[0].detail == hello("abc"));
  check_all(against(handler, [](ProbeConfig& config) { config.expect.body_regex = "^Hello"; }), Outcome::ok);
}

TEST_CASE("an answer that drips is late inside the answer") {
  const Reply drip{ok_answer(std::string(1000, 'x')), {}, Reply::Then::close, 20ms};
  const RecordedRun run = against([&](const std::string&) { return drip; },
                                  [](ProbeConfig& config) { config.timeouts.total = 2s; });
  check_all(run, Outcome::timeout_in_answer);
  CHECK(run.samples[0].phases.answer > 0us);
}

TEST_CASE("a head and a body in pieces are put together") {
  const Reply pieces{
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n8\r\nCluster \r\n3\r\nabc\r\n0\r\n\r\n",
      {},
      Reply::Then::keep,
      1ms};
  const RecordedRun run =
      against([&](const std::string&) { return pieces; }, [](ProbeConfig& config) { config.rate = 10; });
  check_all(run, Outcome::ok);
  CHECK(run.samples[0].cluster == "abc");
}

// Redirects "/" to `location`, and answers everything else.
HttpServer::Handler redirecting(std::string location, int status = 302) {
  return [location = std::move(location), status](const std::string& request) {
    if (!request.substr(0, request.find("\r\n")).ends_with(" / HTTP/1.1")) {
      return Reply{ok_answer(hello(request.substr(0, request.find('/'))))};
    }
    return Reply{
        fmt::format("HTTP/1.1 {} Moved\r\nLocation: {}\r\nContent-Length: 0\r\n\r\n", status, location)};
  };
}

TEST_CASE("redirects are not followed unless asked") {
  const RecordedRun run = against(redirecting("/x"), [](ProbeConfig&) {});
  check_all(run, Outcome::http_status);
  CHECK(run.samples[0].status == 302);
}

TEST_CASE("a redirect on the host is followed on the address") {
  const RecordedRun run = against(redirecting("/x"), [](ProbeConfig& config) { config.max_redirects = 1; });
  check_all(run, Outcome::ok);
  CHECK(run.samples[0].status == 200);
  const auto post = [](ProbeConfig& config) {
    config.max_redirects = 1;
    config.request = {"POST", {}, "body"};
  };
  CHECK(against(redirecting("/x", 303), post).samples[0].cluster == "GET");
  CHECK(against(redirecting("/x", 307), post).samples[0].cluster == "POST");
}

TEST_CASE("redirects without end and to other hosts are what they are") {
  const RecordedRun loop = against(redirecting("/"), [](ProbeConfig& config) { config.max_redirects = 3; });
  check_all(loop, Outcome::http_status);
  CHECK(loop.samples[0].status == 302);
  const RecordedRun away =
      against(redirecting("http://example.org/"), [](ProbeConfig& config) { config.max_redirects = 3; });
  check_all(away, Outcome::http_status);
  CHECK(away.samples[0].detail == "redirected to 'http://example.org/': another host");
}

TEST_CASE("a kept connection is replaced when it has carried or lived enough") {
  const auto handler = [](const std::string&) {
    return Reply{ok_answer(hello("abc")), {}, Reply::Then::keep};
  };
  const auto reuse = [](ProbeConfig& config) {
    config.fresh = false;
    config.reused = true;
    config.rate = 20;
  };
  const RecordedRun counted = against(handler, [&](ProbeConfig& config) {
    reuse(config);
    config.max_requests_per_connection = 2;
  });
  check_all(counted, Outcome::ok);
  for (const Sample& sample : counted.samples) CHECK(sample.request_on_connection <= 2);
  const RecordedRun aged = against(handler, [&](ProbeConfig& config) {
    reuse(config);
    config.max_connection_age = 1ms;
  });
  check_all(aged, Outcome::ok);
  for (const Sample& sample : aged.samples) CHECK(sample.request_on_connection == 1);
}

TEST_CASE("with tcp the connection is the sample") {
  HttpServer server{"127.0.0.1", 0, [](const std::string&) { return Reply{}; }};
  ProbeConfig config = patient("127.0.0.1", server.port());
  config.url = fmt::format("tcp://127.0.0.1:{}", server.port());
  const RecordedRun run = record(config, 5);
  check_all(run, Outcome::ok);
  CHECK(run.samples[0].cluster == "127.0.0.1");
  CHECK(run.samples[0].phases.connect > 0us);
  CHECK(server.requests() == 0);

  config.identify.addresses = {{*parse_ip("127.0.0.1"), "abc"}};
  CHECK(record(config, 3).samples[0].cluster == "abc");
  config.identify.addresses = {{*parse_ip("127.0.0.9"), "abc"}};
  check_all(record(config, 5), Outcome::unidentified);
  config.url = fmt::format("tcp://127.0.0.1:{}", free_port("127.0.0.1"));
  check_all(record(config, 5), Outcome::connect_refused);
  const SilentListener silent{"127.0.0.1"};
  config.url = fmt::format("tcp://127.0.0.1:{}", silent.port());
  config.timeouts.connect = 200ms;
  check_all(record(config, 5), Outcome::connect_timeout);
  config.reused = true;
  CHECK_FALSE(check(config));
}

TEST_CASE("what cannot be asked is refused before anything is sent") {
  const auto refused = [](const std::function<void(ProbeConfig&)>& change) {
    ProbeConfig config = patient("http://127.0.0.1:1/");
    change(config);
    const auto checked = check(config);
    return checked ? std::string{} : checked.error().message;
  };
  CHECK(refused([](auto&) {}).empty());
  CHECK(refused([](auto& config) { config.request.method = "GE T"; }).starts_with("method: "));
  CHECK(refused([](auto& config) { config.expect.status = "2xx"; }).starts_with("expected status "));
  CHECK(refused([](auto& config) { config.expect.body_regex = "("; }).starts_with("expected body: "));
  CHECK(refused([](auto& config) { config.max_redirects = -1; }).starts_with("redirects: "));
}

}  // namespace
}  // namespace meshdrill::probe
