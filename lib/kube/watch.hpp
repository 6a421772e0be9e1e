// Follows a collection: lists it, then watches from there, and lists again whenever the thread is lost.
#pragma once

#include "kube/client.hpp"
#include "kube/list.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <vector>

#include <boost/json/value.hpp>

namespace meshdrill::kube {

struct WatchEvent {
  enum class Type : std::uint8_t {
    synced,       // `items` is all there is now: the first event, and again after each relist
    added,        // `object`
    modified,     // `object`
    deleted,      // `object`, as it last was
    disconnected  // `error`; nothing is seen until the next event. Tried again with back-off.
  };

  Type type = Type::synced;
  std::vector<boost::json::value> items;
  boost::json::value object;
  ApiError error;
};

struct WatchOptions {
  ListRequest list;  // what to follow
  // The server ends each watch after a time drawn from here, so that many watchers do not come back at once.
  Duration shortest = std::chrono::minutes{5};
  Duration longest = std::chrono::minutes{10};
  // A connection that has been silent for so long may be half open: it is dropped, and the watch taken up
  // again from the last resourceVersion seen. The API sends a bookmark every 60 to 75 s.
  Duration idle = std::chrono::seconds{100};
  // Between failed attempts: doubling from the first to the second, each with jitter.
  Duration back_off = std::chrono::milliseconds{200};
  Duration back_off_limit = std::chrono::seconds{10};
};

// Called on the client's executor, one event after the other. Returns whether to go on.
using WatchHandler = std::function<bool(const WatchEvent&)>;

// Ends with a value when the handler says so; with an error when the API refuses for good (400, 401, 403,
// 404, 405, 422) or when cancelled. Everything else is taken as passing and reported as `disconnected`.
Task<ApiResult<void>> watch(Client& client, WatchOptions options, WatchHandler handler);

}  // namespace meshdrill::kube
