#include "probe/prober.hpp"

#include "probe/statistics/outage.hpp"
#include "probe/support/dns_server.hpp"
#include "probe/support/http_server.hpp"
#include "probe/support/recorded_run.hpp"

#include <algorithm>
#include <atomic>
#include <set>

#include <doctest/doctest.h>
#include <fmt/format.h>

namespace meshdrill::probe {
namespace {

using namespace testing;
using namespace std::chrono_literals;

// Every request of a run against one server on 127.0.0.1 that always answers like this.
RecordedRun against(
    const Reply& reply, const std::function<void(ProbeConfig&)>& change = [](ProbeConfig&) {}) {
  HttpServer server{"127.0.0.1", 0, [&](const std::string&) { return reply; }};
  ProbeConfig config = patient("127.0.0.1", server.port());
  change(config);
  return record(config, 5);
}

TEST_CASE("a healthy server is answered for in full") {
  const RecordedRun run = against({ok_answer(hello("cilium-001"))});
  check_all(run, Outcome::ok);
  std::set<int> ports;
  for (const Sample& sample : run.samples) {
    CHECK(sample.cluster == "cilium-001");
    CHECK(sample.status == 200);
    CHECK(to_string(*sample.address) == "127.0.0.1");
    CHECK(sample.local_port != 0);
    CHECK(sample.request_on_connection == 1);
    CHECK(sample.phases.connect > 0us);
    CHECK(sample.phases.first_byte > 0us);
    CHECK(sample.latency() >= sample.phases.connect + sample.phases.first_byte);
    ports.insert(sample.local_port);
  }
  CHECK(ports.size() == run.samples.size());
  CHECK(run.run.streams.size() == 1);
}

TEST_CASE("chunked answers and answers up to the end of the connection are read") {
  check_all(
      against(
          {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n8\r\nCluster \r\n3\r\nabc\r\n0\r\n\r\n"}),
      Outcome::ok);
  check_all(against({"HTTP/1.0 200 OK\r\n\r\nCluster abc"}), Outcome::ok);
}

TEST_CASE("interim answers are passed over") {
  check_all(against({"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + ok_answer(hello("abc"))}),
            Outcome::ok);
}

TEST_CASE("an answer by nobody we know is a bucket of its own") {
  const RecordedRun run = against({ok_answer("welcome to nginx")});
  check_all(run, Outcome::unidentified);
  CHECK(run.samples[0].detail == "welcome to nginx");
  CHECK(run.samples[0].status == 200);
  check_all(
      against({ok_answer(hello("stranger"))}, [](auto& config) { config.identify.clusters = {"friend"}; }),
      Outcome::unidentified);
}

TEST_CASE("statuses other than 2xx are told with their number") {
  for (const int status : {302, 404, 502, 503}) {
    const RecordedRun run =
        against({fmt::format("HTTP/1.1 {} Whatever\r\nContent-Length: 0\r\n\r\n", status)});
    check_all(run, Outcome::http_status);
    CHECK(run.samples[0].status == status);
  }
}

TEST_CASE("a refused connection") {
  ProbeConfig config = patient("127.0.0.1", free_port("127.0.0.1"));
  const RecordedRun run = record(config, 5);
  check_all(run, Outcome::connect_refused);
  CHECK(run.samples[0].request_on_connection == 0);
}

TEST_CASE("a connection that is not accepted in time") {
  const SilentListener silent{"127.0.0.1"};
  ProbeConfig config = patient("127.0.0.1", silent.port());
  config.timeouts.connect = 200ms;
  const RecordedRun run = record(config, 5);
  check_all(run, Outcome::connect_timeout);
  CHECK(run.samples[0].phases.connect >= 200ms);
}

TEST_CASE("connections lost before and inside the answer") {
  check_all(against({"", {}, Reply::Then::reset}), Outcome::reset_before_first_byte);
  check_all(against({"", {}, Reply::Then::close}), Outcome::reset_before_first_byte);
  const std::string half = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf";
  check_all(against({half, {}, Reply::Then::close}), Outcome::reset_in_answer);
  check_all(against({half, {}, Reply::Then::reset}), Outcome::reset_in_answer);
  check_all(against({"HTTP/1.1 20", {}, Reply::Then::close}), Outcome::reset_in_answer);
}

TEST_CASE("answers that do not come and that do not end in time") {
  const auto hurried = [](ProbeConfig& config) {
    config.timeouts.first_byte = 300ms;
    config.timeouts.total = 600ms;
  };
  const RecordedRun silent = against({"", {}, Reply::Then::hang}, hurried);
  check_all(silent, Outcome::timeout_first_byte);
  CHECK(silent.samples[0].phases.first_byte >= 300ms);
  check_all(against({"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf", {}, Reply::Then::hang}, hurried),
            Outcome::timeout_in_answer);
}

TEST_CASE("what is not HTTP") {
  check_all(against({"SSH-2.0-OpenSSH_9.2\r\n"}), Outcome::protocol_error);
  check_all(against({"HTTP/1.1 200 OK\r\nContent-Length: abc\r\n\r\n"}), Outcome::protocol_error);
}

TEST_CASE("answers over the limits are not read") {
  const auto small = [](ProbeConfig& config) { config.body_limit = 100; };
  check_all(against({ok_answer(std::string(101, 'x'))}, small), Outcome::answer_too_large);
  check_all(against({ok_answer(std::string(100, 'x'))}, small), Outcome::unidentified);
  check_all(against({"HTTP/1.1 200 OK\r\nX: " + std::string(20'000, 'x')}), Outcome::answer_too_large);
  check_all(against({"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n400\r\n" + std::string(1024, 'x')},
                    small),
            Outcome::answer_too_large);
}

TEST_CASE("requests start on schedule while earlier ones hang and none is lost") {
  const RecordedRun run = [] {
    HttpServer server{"127.0.0.1", 0, [](const std::string&) { return Reply{"", {}, Reply::Then::hang}; }};
    ProbeConfig config = patient("127.0.0.1", server.port());
    config.timeouts.first_byte = 1s;
    config.max_in_flight = 10;
    return record(config, 30);
  }();
  // Ten hang, and while they do the others have nowhere to go; each is in one bucket all the same.
  CHECK(run.count(Outcome::timeout_first_byte) >= 10);
  CHECK(run.count(Outcome::not_sent) >= 1);
  CHECK(run.count(Outcome::timeout_first_byte) + run.count(Outcome::not_sent) == run.samples.size());
  for (const Sample& sample : run.samples) {
    if (sample.outcome == Outcome::not_sent) CHECK(sample.detail == "10 requests in flight already");
  }
}

TEST_CASE("a reused stream keeps to one connection") {
  HttpServer server{"127.0.0.1", 0,
                    [](const std::string&) { return Reply{ok_answer(hello("abc")), {}, Reply::Then::keep}; }};
  ProbeConfig config = patient("127.0.0.1", server.port());
  config.fresh = false;
  config.reused = true;
  config.rate = 20;
  const RecordedRun run = record(config, 10);
  check_all(run, Outcome::ok);
  // A request that finds the connection busy opens another, so on a slow machine there may be more than one.
  CHECK(server.connections() < static_cast<int>(run.samples.size()));
  const auto longest = std::max_element(
      run.samples.begin(), run.samples.end(),
      [](const Sample& a, const Sample& b) { return a.request_on_connection < b.request_on_connection; });
  CHECK(longest->request_on_connection > 1);
  std::set<int> ports;
  for (const Sample& sample : run.samples) ports.insert(sample.local_port);
  CHECK(static_cast<int>(ports.size()) == server.connections());
}

TEST_CASE("a connection that the server ended is replaced and no request is lost on it") {
  std::atomic<int> requests = 0;
  // Says keep-alive, and closes all the same after every second answer.
  HttpServer server{"127.0.0.1", 0, [&](const std::string&) {
                      const bool last = ++requests % 2 == 0;
                      return Reply{
                          ok_answer(hello("abc")), {}, last ? Reply::Then::close : Reply::Then::keep};
                    }};
  ProbeConfig config = patient("127.0.0.1", server.port());
  config.fresh = false;
  config.reused = true;
  config.rate = 10;
  const RecordedRun run = record(config, 10);
  check_all(run, Outcome::ok);
  CHECK(server.connections() >= 5);
}

TEST_CASE("a pinned stream stays and a following stream goes where DNS says") {
  const auto port = free_port("127.0.0.1");
  const auto handler = [](const std::string& cluster) {
    return [cluster](const std::string& request) {
      const bool named = request.find("Host: api.example.org:") != std::string::npos;
      return Reply{ok_answer(named ? hello(cluster) : "wrong host")};
    };
  };
  HttpServer one{"127.0.0.1", port, handler("one")};
  HttpServer two{"127.0.0.2", port, handler("two")};
  std::atomic<int> lookups = 0;
  DnsServer dns{[&](const std::string& name, int type) {
    if (type == 1 && ++lookups % 2 == 0) return addresses(name, type, {"127.0.0.2", "127.0.0.1"});
    return addresses(name, type, {"127.0.0.1", "127.0.0.2"});
  }};
  ProbeConfig config = patient("api.example.org", port);
  config.dns_servers = {dns.server()};
  const RecordedRun run = record(config, 8);
  check_all(run, Outcome::ok);
  REQUIRE(run.run.streams.size() == 3);
  for (const Sample& sample : run.of_stream(0)) CHECK(sample.cluster == "one");
  for (const Sample& sample : run.of_stream(1)) CHECK(sample.cluster == "two");
  std::set<std::string> followed;
  for (const Sample& sample : run.of_stream(2)) {
    followed.insert(sample.cluster);
    CHECK(sample.phases.dns > 0us);
  }
  CHECK(followed == std::set<std::string>{"one", "two"});
  CHECK(run.run.answers.size() == 2);
  // One lookup for each following request, each kept with its order.
  const auto followed_lookups =
      std::count_if(run.answers.begin(), run.answers.end(),
                    [](const DnsAnswer& answer) { return answer.family == Family::ipv4; });
  CHECK(followed_lookups == static_cast<std::ptrdiff_t>(run.of_stream(2).size()));
}

TEST_CASE("a following stream sees each failure of DNS in its bucket") {
  HttpServer server{"127.0.0.1", 0, [](const std::string&) { return Reply{ok_answer(hello("abc"))}; }};
  struct Case {
    DnsReply reply;
    Outcome outcome;
  };
  for (const Case& now :
       {Case{{.records = {}, .code = 3}, Outcome::dns_nxdomain},
        Case{{.records = {}, .code = 2}, Outcome::dns_servfail},
        Case{{.records = {}, .code = 5}, Outcome::dns_refused}, Case{{}, Outcome::dns_empty},
        Case{{.records = {}, .silent = true}, Outcome::dns_timeout}}) {
    std::atomic<int> lookups = 0;
    DnsServer dns{[&](const std::string& name, int type) {
      return ++lookups <= 2 ? addresses(name, type, {"127.0.0.1"}) : now.reply;
    }};
    ProbeConfig config = patient("api.example.org", server.port());
    config.dns_servers = {dns.server()};
    config.pinned = false;
    config.timeouts.dns = now.reply.silent ? Duration{300ms} : Duration{20s};
    const RecordedRun run = record(config, 5);
    check_all(run, now.outcome);
    for (const Sample& sample : run.samples) CHECK_FALSE(sample.address);
  }
}

TEST_CASE("an outage is found where it was") {
  HttpServer server{"127.0.0.1", 0, [](const std::string&) { return Reply{ok_answer(hello("abc"))}; }};
  ProbeConfig config = patient("127.0.0.1", server.port());
  std::chrono::steady_clock::time_point down;
  std::chrono::steady_clock::time_point listening_again;
  int stage = 0;
  const RecordedRun run = record(config, [&](const std::vector<Sample>& so_far) {
    const auto failed =
        std::count_if(so_far.begin(), so_far.end(), [](const Sample& s) { return s.outcome != Outcome::ok; });
    const auto ok = static_cast<std::ptrdiff_t>(so_far.size()) - failed;
    if (stage == 0 && ok >= 10) {
      server.stop_listening();
      down = std::chrono::steady_clock::now();
      stage = 1;
    } else if (stage == 1 && failed >= 10) {
      listening_again = std::chrono::steady_clock::now();
      server.start_listening();
      stage = 2;
    }
    return stage == 2 && ok >= 30;
  });
  const auto outages = find_outages(run.samples);
  REQUIRE(outages.size() == 1);
  REQUIRE(outages[0].bounds().upper);
  CHECK(*outages[0].bounds().upper >= listening_again - down);
  CHECK(run.run.epoch + outages[0].first_bad <= listening_again);
  CHECK(run.run.epoch + *outages[0].next_good >= down);
  CHECK(outages[0].reasons[static_cast<std::size_t>(Outcome::connect_refused)] >= 1);
}

TEST_CASE("stop lets those in flight end") {
  HttpServer server{"127.0.0.1", 0, [](const std::string&) { return Reply{ok_answer(hello("abc")), 500ms}; }};
  ProbeConfig config = patient("127.0.0.1", server.port());
  const RecordedRun run = record(config, [](const std::vector<Sample>& so_far) { return !so_far.empty(); });
  check_all(run, Outcome::ok);
}

TEST_CASE("abandon ends those in flight as cancelled") {
  HttpServer server{"127.0.0.1", 0, [n = 0](const std::string&) mutable {
                      return ++n == 1 ? Reply{ok_answer(hello("abc"))} : Reply{"", {}, Reply::Then::hang};
                    }};
  ProbeConfig config = patient("127.0.0.1", server.port());
  const RecordedRun run =
      record(config, [&](const std::vector<Sample>&) { return server.requests() >= 5; }, Ending::abandon);
  CHECK(run.count(Outcome::cancelled) >= 4);
  CHECK(run.count(Outcome::ok) + run.count(Outcome::cancelled) == run.samples.size());
}

TEST_CASE("offsets count from the epoch of the caller") {
  HttpServer server{"127.0.0.1", 0, [](const std::string&) { return Reply{ok_answer(hello("abc"))}; }};
  ProbeConfig config = patient("127.0.0.1", server.port());
  config.epoch = std::chrono::steady_clock::now() - 1h;
  const RecordedRun run = record(config, 3);
  CHECK(run.run.epoch == *config.epoch);
  CHECK(run.samples[0].planned >= 1h);
}

TEST_CASE("a prober that never started or whose name is unknown says so") {
  {
    const Prober unused{ProbeConfig{}, [](const Batch&) {}};
  }
  DnsServer dns{[](const std::string&, int) { return DnsReply{.records = {}, .code = 3}; }};
  ProbeConfig config = patient("nowhere.example.org", 80);
  config.dns_servers = {dns.server()};
  Prober prober{config, [](const Batch&) {}};
  const auto started = prober.start();
  REQUIRE_FALSE(started);
  CHECK(started.error().message.find("nowhere.example.org: DNS: no such name (asked 127.0.0.1:") == 0);
  CHECK(prober.stop());
}

TEST_CASE("a stall of the prober's own thread is reported") {
  HttpServer server{"127.0.0.1", 0, [](const std::string&) { return Reply{ok_answer(hello("abc"))}; }};
  std::vector<Stall> stalls;
  std::vector<Sample> marked;
  std::atomic<int> batches = 0;
  Prober prober{patient("127.0.0.1", server.port()), [&](const Batch& batch) {
                  std::copy_if(batch.samples.begin(), batch.samples.end(), std::back_inserter(marked),
                               [](const Sample& sample) { return sample.stalled; });
                  stalls.insert(stalls.end(), batch.stalls.begin(), batch.stalls.end());
                  // The sink must not block; this one does, and so stands for anything that holds the thread
                  // up.
                  if (++batches == 1) std::this_thread::sleep_for(300ms);
                }};
  REQUIRE(prober.start());
  const auto give_up = std::chrono::steady_clock::now() + 30s;
  while (batches < 3 && std::chrono::steady_clock::now() < give_up) std::this_thread::yield();
  CHECK(prober.stop());
  REQUIRE_FALSE(stalls.empty());
  const auto longest = std::max_element(stalls.begin(), stalls.end(), [](const Stall& a, const Stall& b) {
    return a.end - a.start < b.end - b.start;
  });
  CHECK(longest->end - longest->start >= 200ms);
  // Those that the schedule wanted meanwhile started late.
  REQUIRE_FALSE(marked.empty());
  for (const Sample& sample : marked) {
    CHECK(std::any_of(stalls.begin(), stalls.end(), [&](const Stall& stall) {
      return sample.planned < stall.end && sample.finished > stall.start;
    }));
  }
}

}  // namespace
}  // namespace meshdrill::probe
