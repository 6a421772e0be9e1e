#include "lab/api/watch_stream.hpp"

#include "lab/api/api_status.hpp"
#include "lab/api/json_access.hpp"

#include <utility>

#include <boost/json/serialize.hpp>

namespace meshdrill::lab {

namespace json = boost::json;

namespace {

void append_event(std::string& lines, std::string_view type, json::object object) {
  lines += json::serialize(json::object{{"type", type}, {"object", std::move(object)}});
  lines += '\n';
}

}  // namespace

WatchStream::WatchStream(const ObjectStore& store, WatchOptions options)
    : store_(store), options_(std::move(options)), version_(options_.since) {}

std::string WatchStream::next() {
  std::string lines;
  if (ended_) return lines;
  if (options_.initial_objects) {
    options_.initial_objects = false;
    version_ = store_.resource_version();
    for (const ObjectPtr& object : store_.list(options_.resource, options_.ns)) {
      if (options_.selects(*object)) append_event(lines, "ADDED", options_.render(*object));
    }
  }
  const auto changes = store_.changes_since(version_);
  if (expired_ || !changes) {
    append_event(lines, "ERROR", to_status(too_old(version_, store_.resource_version())));
    ended_ = true;
    return lines;
  }
  for (const Change& change : *changes) append(lines, change);
  version_ = store_.resource_version();
  return lines;
}

// An object that begins or ceases to match the selectors is added or deleted as far as this watch goes.
void WatchStream::append(std::string& lines, const Change& change) {
  if (change.resource != options_.resource) return;
  if (!options_.ns.empty() && namespace_of(*change.object) != options_.ns) return;
  const bool was = change.previous && options_.selects(*change.previous);
  const bool is = change.type != Change::Type::deleted && options_.selects(*change.object);
  if (!was && !is) return;
  append_event(lines, is ? (was ? "MODIFIED" : "ADDED") : "DELETED", options_.render(*change.object));
}

std::string WatchStream::bookmark() {
  std::string lines;
  if (!options_.bookmarks || ended_) return lines;
  json::object object = options_.bookmark;
  object_at(object, {"metadata"})["resourceVersion"] = std::to_string(version_);
  append_event(lines, "BOOKMARK", std::move(object));
  return lines;
}

}  // namespace meshdrill::lab
