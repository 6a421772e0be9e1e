// The events of one watch request, read from the store's history, so that a slow reader costs no memory and
// one that falls too far behind is told so (410 Gone), as by a real API server.
#pragma once

#include "lab/api/object_store.hpp"

#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace meshdrill::lab {

struct WatchOptions {
  std::string resource;  // plural name
  std::string ns;        // empty: all
  std::uint64_t since = 0;
  bool initial_objects = false;  // an ADDED event for each object that is there, first
  bool bookmarks = false;
  std::chrono::seconds timeout{0};                           // how long the client wants it to last; never 0
  std::function<bool(const Object&)> selects;                // the label and field selectors
  std::function<boost::json::object(const Object&)> render;  // what the client gets to see of an object
  boost::json::object bookmark;                              // an object with nothing but apiVersion and kind
};

class WatchStream {
 public:
  // `store` must outlive it.
  WatchStream(const ObjectStore& store, WatchOptions options);

  // The events since the last call, each a line of JSON that ends in a newline. After an ERROR event the
  // stream is ended().
  std::string next();
  // A BOOKMARK event at the newest version; empty when the client asked for none.
  std::string bookmark();
  // Makes the next call answer that the resourceVersion is too old.
  void expire() { expired_ = true; }

  [[nodiscard]] bool ended() const { return ended_; }
  [[nodiscard]] std::chrono::seconds timeout() const { return options_.timeout; }

 private:
  void append(std::string& lines, const Change& change);

  const ObjectStore& store_;
  WatchOptions options_;
  std::uint64_t version_;
  bool expired_ = false;
  bool ended_ = false;
};

}  // namespace meshdrill::lab
