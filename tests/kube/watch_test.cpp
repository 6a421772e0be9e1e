#include "kube/watch.hpp"

#include "kube/support/run.hpp"
#include "kube/support/scripted_server.hpp"

#include <string>
#include <vector>

#include <boost/json/serialize.hpp>
#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace meshdrill;
using namespace meshdrill::kube;
using namespace meshdrill::kube::test;
using Type = WatchEvent::Type;

namespace {

std::string list_body(int version, const std::vector<std::string>& names) {
  std::string items;
  for (const auto& name : names)
    items += fmt::format("{}{{\"metadata\":{{\"name\":\"{}\"}}}}", items.empty() ? "" : ",", name);
  return fmt::format(R"({{"metadata":{{"resourceVersion":"{}"}},"items":[{}]}})", version, items);
}

std::string event(const std::string& type, const std::string& name, int version) {
  return fmt::format(R"({{"type":"{}","object":{{"metadata":{{"name":"{}","resourceVersion":"{}"}}}}}})",
                     type, name, version) +
         '\n';
}

// What a handler was told, as words: "synced a b", "modified a", "disconnected".
std::string words(const WatchEvent& event) {
  const auto name = [](const boost::json::value& object) {
    return ' ' + std::string(object.at_pointer("/metadata/name").as_string());
  };
  switch (event.type) {
    case Type::added:
      return "added" + name(event.object);
    case Type::modified:
      return "modified" + name(event.object);
    case Type::deleted:
      return "deleted" + name(event.object);
    case Type::disconnected:
      return "disconnected";
    case Type::synced:
      break;
  }
  std::string text = "synced";
  for (const auto& item : event.items) text += name(item);
  return text;
}

struct Watching {
  asio::io_context io{1};
  ScriptedServer server{io};
  Client client{io.get_executor(), server.connection()};
  std::vector<std::string> heard;
  WatchOptions options;

  Watching() {
    options.list.path = "/apis/apps/v1/deployments";
    options.back_off = std::chrono::milliseconds{10};
  }

  // Watches until as many events were heard.
  ApiResult<void> hear(std::size_t count) {
    WatchHandler handler = [this, count](const WatchEvent& event) {
      heard.push_back(words(event));
      return heard.size() < count;
    };
    return run(io, watch(client, options, std::move(handler)));
  }

  [[nodiscard]] std::string target(std::size_t index) const { return server.seen().at(index).target; }
};

using Words = std::vector<std::string>;

}  // namespace

TEST_CASE("events arrive however the stream is split") {
  Watching watching;
  watching.server.then(answer(200, list_body(7, {"a"})));
  const std::string events = event("MODIFIED", "a", 8) + event("ADDED", "b", 9) + event("DELETED", "a", 10);
  std::vector<std::string> pieces;
  for (std::size_t at = 0; at < events.size(); at += 7) pieces.push_back(events.substr(at, 7));
  watching.server.then(stream(pieces, Step::Then::hang, false));
  CHECK(watching.hear(4).has_value());
  CHECK(watching.heard == Words{"synced a", "modified a", "added b", "deleted a"});
  CHECK(watching.target(1).find("resourceVersion=7&timeoutSeconds=") != std::string::npos);
  CHECK(watching.target(1).find("allowWatchBookmarks=true") != std::string::npos);
}

TEST_CASE("a watch that the server ends goes on from the last bookmark") {
  Watching watching;
  watching.server.then(answer(200, list_body(7, {})));
  watching.server.then(stream({event("BOOKMARK", "", 42)}, Step::Then::keep, true));
  watching.server.then(stream({event("ADDED", "a", 43)}, Step::Then::hang, false));
  CHECK(watching.hear(2).has_value());
  CHECK(watching.heard == Words{"synced", "added a"});
  CHECK(watching.target(2).find("resourceVersion=42&") != std::string::npos);
}

TEST_CASE("410 as an answer makes it list again") {
  Watching watching;
  watching.server.then(answer(200, list_body(7, {"a"})));
  watching.server.then(refuse(410, "Expired", "too old resource version"));
  watching.server.then(answer(200, list_body(90, {"b"})));
  watching.server.then(stream({event("ADDED", "c", 91)}, Step::Then::hang, false));
  CHECK(watching.hear(3).has_value());
  CHECK(watching.heard == Words{"synced a", "synced b", "added c"});
  CHECK(watching.target(3).find("resourceVersion=90&") != std::string::npos);
}

TEST_CASE("410 as an event in the stream makes it list again") {
  Watching watching;
  watching.server.then(answer(200, list_body(7, {"a"})));
  watching.server.then(
      stream({R"({"type":"ERROR","object":)" + status_body(410, "Expired", "too old") + "}\n"},
             Step::Then::keep, true));
  watching.server.then(answer(200, list_body(90, {"b"})));
  CHECK(watching.hear(2).has_value());
  CHECK(watching.heard == Words{"synced a", "synced b"});
}

TEST_CASE("a version that the server has not come to makes it list again") {
  Watching watching;
  watching.server.then(answer(200, list_body(700, {"a"})));
  watching.server.then(answer(504, R"({"kind":"Status","reason":"Timeout","code":504,
      "message":"Too large resource version: 700, current: 9",
      "details":{"causes":[{"reason":"ResourceVersionTooLarge"}]}})"));
  watching.server.then(answer(200, list_body(9, {"b"})));
  CHECK(watching.hear(2).has_value());
  CHECK(watching.heard == Words{"synced a", "synced b"});
}

TEST_CASE("a connection that went silent is dropped and taken up again where it was") {
  Watching watching;
  watching.options.idle = std::chrono::seconds{2};
  watching.server.then(answer(200, list_body(7, {})));
  watching.server.then(stream({event("ADDED", "a", 8)}, Step::Then::hang, false));
  watching.server.then(stream({event("MODIFIED", "a", 9)}, Step::Then::hang, false));
  CHECK(watching.hear(4).has_value());
  CHECK(watching.heard == Words{"synced", "added a", "disconnected", "modified a"});
  CHECK(watching.target(2).find("resourceVersion=8&") != std::string::npos);
}

TEST_CASE("a broken stream and a server error are passing troubles") {
  Watching watching;
  watching.server.then(refuse(500, "InternalError", "etcd is away"));
  watching.server.then(answer(200, list_body(7, {})));
  watching.server.then(stream({event("ADDED", "a", 8), R"({"type":"MODIF)"}, Step::Then::close, false));
  watching.server.then(stream({event("MODIFIED", "a", 9)}, Step::Then::hang, false));
  CHECK(watching.hear(5).has_value());
  CHECK(watching.heard == Words{"disconnected", "synced", "added a", "disconnected", "modified a"});
}

TEST_CASE("a refusal for good ends it") {
  Watching watching;
  watching.server.then(refuse(403, "Forbidden", "deployments.apps is forbidden"));
  const auto ended = watching.hear(1);
  REQUIRE_FALSE(ended.has_value());
  CHECK(ended.error().is(403));
  CHECK(watching.heard.empty());
}

TEST_CASE("cancelling ends it") {
  Watching watching;
  watching.server.then(answer(200, list_body(7, {})));
  watching.server.then(hang());
  WatchHandler handler = [](const WatchEvent&) { return true; };
  const auto ended = run(watching.io, watch(watching.client, watching.options, std::move(handler)),
                         [&] { return watching.server.seen().size() == 2; });
  REQUIRE_FALSE(ended.has_value());
  CHECK(ended.error().kind == ApiError::Kind::cancelled);
}

TEST_CASE("a list of several pages is put together and an expired token starts again") {
  Watching watching;
  watching.server.then(answer(200, R"({"metadata":{"continue":"c1"},"items":[{"n":1}]})"));
  watching.server.then(refuse(410, "Expired", "the continue token is too old"));
  watching.server.then(answer(200, R"({"metadata":{"continue":"c2"},"items":[{"n":2}]})"));
  watching.server.then(answer(200, R"({"metadata":{"resourceVersion":"5"},"items":[{"n":3}]})"));
  ListRequest request;
  request.path = "/api/v1/pods";
  const auto list = run(watching.io, list_all(watching.client, request));
  REQUIRE(list.has_value());
  CHECK(boost::json::serialize(boost::json::array(list->items.begin(), list->items.end())) ==
        R"([{"n":2},{"n":3}])");
  CHECK(list->resource_version == "5");
  CHECK(watching.target(1) == "/api/v1/pods?limit=500&continue=c1");
  CHECK(watching.target(2) == "/api/v1/pods?limit=500");
}
