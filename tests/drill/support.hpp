// A made-up run, entry by entry, for the tests of what reads journals.
#pragma once

#include "drill/journal/history.hpp"
#include "drill/journal/sample_codec.hpp"

#include <string>
#include <utility>
#include <vector>

#include <boost/json/array.hpp>
#include <doctest/doctest.h>

namespace meshdrill::drill::testing {

using namespace std::chrono_literals;
using probe::Offset;

inline const std::string drill_text = R"(apiVersion: meshdrill/v1
kind: Drill
metadata: {name: api-failover}
mesh: mesh.yaml
target: {cluster: one, behind: {service: default/api}}
fault: {scale: 0}
traffic: {url: "http://api.test/", rate: 100/s}
expect:
  baseline: {everyClusterSeen: true, balance: {tolerance: 10%}, errors: <= 1%}
  fail: {outage: <= 500ms}
  hold: {everyClusterSeen: true, targetShare: 0%, errors: <= 1%}
  restore: {outage: <= 500ms}
  recovered: {everyClusterSeen: true}
)";

// Writes the entries of a run of two clusters, "one" (the target) and "two", with one pinned stream to each
// of two addresses and a request every 10 ms on each.
class Story {
 public:
  explicit Story(std::string drill = drill_text) {
    add(0s, "start",
        {{"schema", journal_schema},
         {"version", "test"},
         {"run", "run-1"},
         {"wall", "2026-01-31T08:05:09Z"},
         {"host", "here"},
         {"pid", 1},
         {"drillFile", "drill.yaml"},
         {"drill", std::move(drill)},
         {"mesh", "test"},
         {"url", "http://api.test/"},
         {"clusters", {cluster("one", "127.0.0.1"), cluster("two", "127.0.0.2")}}});
    add(0s, "preflight", {{"check", "service"}, {"ok", true}, {"message", "fine"}});
    add(0s, "target",
        {{"changes", {target_change()}},
         {"ready", {{"one", 2}, {"two", 2}}},
         {"uids", {{"one", "uid-one"}, {"two", "uid-two"}}}});
    boost::json::array streams;
    for (int i = 0; i < 2; ++i) streams.emplace_back(encode(stream(i)));
    add(0s, "streams", {{"streams", std::move(streams)}, {"answers", boost::json::array{}}});
  }

  void add(Offset at, std::string event, boost::json::object fields) {
    const Result<> added = builder.add({at, std::move(event), std::move(fields)});
    REQUIRE_MESSAGE(added.has_value(), added.error().message);
  }

  void phase(Offset at, Phase phase) { add(at, "phase", {{"phase", to_string(phase)}}); }

  // Requests on both streams from `from` to `to`; answered by turns by `clusters`, or ended as `outcome` when
  // there are none.
  void traffic(Offset from, Offset to, const std::vector<std::string>& clusters,
               probe::Outcome outcome = probe::Outcome::http_status) {
    probe::Batch batch;
    for (Offset at = from; at < to; at += 10ms) {
      for (int i = 0; i < 2; ++i) batch.samples.push_back(sample(i, at, clusters, outcome));
      ++next_;
    }
    batch.upto = to;
    add(to, "samples", encode(batch));
  }

  // The same, but stream i is answered by clusters[i] alone.
  void traffic_by_stream(Offset from, Offset to, const std::vector<std::string>& clusters) {
    probe::Batch batch;
    for (Offset at = from; at < to; at += 10ms) {
      for (int i = 0; i < 2; ++i) {
        batch.samples.push_back(
            sample(i, at, {clusters.at(static_cast<std::size_t>(i))}, probe::Outcome::ok));
      }
      ++next_;
    }
    batch.upto = to;
    add(to, "samples", encode(batch));
  }

  // The same, each stream answered by turns by clusters of its own; none: refused.
  void traffic_of_each(Offset from, Offset to, const std::vector<std::string>& first,
                       const std::vector<std::string>& second) {
    probe::Batch batch;
    for (Offset at = from; at < to; at += 10ms) {
      batch.samples.push_back(sample(0, at, first, probe::Outcome::connect_refused));
      batch.samples.push_back(sample(1, at, second, probe::Outcome::connect_refused));
      ++next_;
    }
    batch.upto = to;
    add(to, "samples", encode(batch));
  }

  // A drill in which everything goes well, up to its end.
  void good_run() {
    phase(0s, Phase::baseline);
    traffic(0s, 10s, {"one", "two"});
    phase(10s, Phase::fail);
    write(10s, "scale-down");
    add(10200ms, "observed", {{"cluster", "one"}, {"readyEndpoints", 0}});
    traffic(10s, 12s, {"two"});
    phase(12s, Phase::hold);
    traffic(12s, 22s, {"two"});
    phase(22s, Phase::restore);
    write(22s, "restore");
    add(22500ms, "observed", {{"cluster", "one"}, {"readyEndpoints", 2}});
    traffic(22s, 25s, {"one", "two"});
    add(25s, "restored", {{"verified", true}, {"message", ""}});
    phase(25s, Phase::recovered);
    traffic(25s, 35s, {"one", "two"});
    add(36s, "end", {});
  }

  void write(Offset at, const std::string& action) {
    write_entry(at, "intent", action);
    write_entry(at, "wrote", action);
  }
  // One of the two entries of a write alone.
  void write_entry(Offset at, const std::string& event, const std::string& action) {
    boost::json::object fields = target_change();
    fields["action"] = action;
    if (action == "restore") fields["to"] = 2;
    add(at, event, std::move(fields));
  }

  [[nodiscard]] const History& history() const { return builder.history(); }

  HistoryBuilder builder;

 private:
  static boost::json::object target_change() {
    boost::json::object fields = encode(scale_to_zero({"default", "api"}, "u1", 2));
    fields["cluster"] = "one";
    return fields;
  }

  static boost::json::object cluster(const std::string& name, const std::string& address) {
    return {{"name", name}, {"context", name}, {"uid", ""}, {"ingress", boost::json::array{address}}};
  }

  static probe::Stream stream(int id) {
    probe::Stream stream;
    stream.id = id;
    stream.address = *parse_ip(id == 0 ? "127.0.0.1" : "127.0.0.2");
    stream.name = to_string(*stream.address) + " new";
    return stream;
  }

  probe::Sample sample(int stream_id, Offset at, const std::vector<std::string>& clusters,
                       probe::Outcome outcome) const {
    probe::Sample sample;
    sample.stream = stream_id;
    sample.index = next_;
    sample.planned = at;
    sample.started = at;
    sample.finished = at + 2ms;
    sample.address = stream(stream_id).address;
    sample.request_on_connection = 1;
    sample.outcome = clusters.empty() ? outcome : probe::Outcome::ok;
    if (sample.outcome == probe::Outcome::http_status) sample.status = 503;
    if (!clusters.empty())
      sample.cluster = clusters[(next_ + static_cast<std::uint64_t>(stream_id)) % clusters.size()];
    return sample;
  }

  std::uint64_t next_ = 0;
};

}  // namespace meshdrill::drill::testing
