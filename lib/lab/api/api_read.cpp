#include "lab/api/api_call.hpp"
#include "lab/api/json_access.hpp"
#include "lab/api/selectors.hpp"
#include "lab/api/tables.hpp"

#include <algorithm>
#include <utility>

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

namespace meshdrill::lab {

namespace json = boost::json;

namespace {

constexpr std::int64_t kLongestWatch =
    3600;  // seconds; the API server ends watches without a limit at random

RowObject row_object(const ApiCall& call) {
  const std::string_view include = call.target.option("includeObject");
  if (include == "None") return RowObject::none;
  return include == "Object" ? RowObject::object : RowObject::metadata;
}

// Where a list goes on: the version it was begun at, and the last object it gave.
struct Continue {
  std::uint64_t version = 0;
  std::string ns;
  std::string name;
};

std::string write_token(const Continue& at) {
  return fmt::format("{}/{}/{}", at.version, at.ns, at.name);
}

std::optional<Continue> read_token(std::string_view text) {
  const std::size_t first = text.find('/');
  const std::size_t second = first == std::string_view::npos ? first : text.find('/', first + 1);
  if (second == std::string_view::npos) return std::nullopt;
  const auto version = parse_number(text.substr(0, first));
  if (!version) return std::nullopt;
  return Continue{.version = *version,
                  .ns = std::string(text.substr(first + 1, second - first - 1)),
                  .name = std::string(text.substr(second + 1))};
}

StoreError too_large(std::uint64_t version, std::uint64_t newest) {
  return {.code = 504,
          .reason = "Timeout",
          .message = fmt::format("Timeout: Too large resource version: {}, current: {}", version, newest),
          .details = {{"causes", json::array{json::object{{"reason", "ResourceVersionTooLarge"},
                                                          {"message", "Too large resource version"}}}},
                      {"retryAfterSeconds", 1}}};
}

StoreResult<std::uint64_t> requested_version(const ApiCall& call) {
  const std::string_view text = call.target.option("resourceVersion");
  if (text.empty()) return 0;
  const auto version = parse_number(text);
  if (!version)
    return tl::unexpected(bad_request(fmt::format(R"(Invalid value: "{}": strconv.ParseUint)", text)));
  if (*version > call.store().resource_version()) {
    return tl::unexpected(too_large(*version, call.store().resource_version()));
  }
  return *version;
}

struct Page {
  std::vector<ObjectPtr> objects;
  std::uint64_t version = 0;
  std::string next;  // empty: that was all
  std::size_t remaining = 0;
};

StoreResult<Page> read_page(const ApiCall& call, const Selector& selects) {
  Page page;
  page.version = call.store().resource_version();
  page.objects = call.store().list(call.type().plural, call.route.ns);
  if (const std::string_view token = call.target.option("continue"); !token.empty()) {
    const auto from = read_token(token);
    if (!from) return tl::unexpected(bad_request("continue key is not valid"));
    // A watch from the version of the first page tells of everything that later pages saw differently.
    if (!call.store().changes_since(from->version)) {
      return tl::unexpected(too_old(from->version, page.version));
    }
    page.version = from->version;
    std::erase_if(page.objects, [&](const ObjectPtr& object) {
      return std::pair(namespace_of(*object), name_of(*object)) <=
             std::pair(std::string_view(from->ns), std::string_view(from->name));
    });
  }
  std::erase_if(page.objects, [&](const ObjectPtr& object) { return !selects(*object); });
  const auto limit = parse_number(call.target.option("limit")).value_or(0);
  if (limit > 0 && page.objects.size() > limit) {
    page.remaining = page.objects.size() - limit;
    page.objects.resize(limit);
    const Object& last = *page.objects.back();
    page.next = write_token(
        {.version = page.version, .ns = std::string(namespace_of(last)), .name = std::string(name_of(last))});
  }
  return page;
}

json::object list_metadata(const Page& page) {
  json::object metadata{{"resourceVersion", std::to_string(page.version)}};
  if (!page.next.empty()) {
    metadata["continue"] = page.next;
    metadata["remainingItemCount"] = page.remaining;
  }
  return metadata;
}

std::vector<ObjectPtr> all_served(const ApiCall& call, const std::vector<ObjectPtr>& objects) {
  std::vector<ObjectPtr> list;
  for (const ObjectPtr& object : objects) {
    list.push_back(std::make_shared<const Object>(served(call.type(), *object)));
  }
  return list;
}

json::object render(const ResourceType& type, Form form, RowObject include, const Object& object) {
  Object full = served(type, object);
  if (form == Form::metadata) return partial_metadata(full);
  if (form == Form::plain) return full;
  json::object table = make_table(type, {std::make_shared<const Object>(std::move(full))}, include,
                                  std::chrono::system_clock::now());
  table["metadata"] = json::object{{"resourceVersion", text_at(object, {"metadata", "resourceVersion"})}};
  return table;
}

}  // namespace

StoreResult<std::function<bool(const Object&)>> selection(const ApiCall& call) {
  auto labels = parse_label_selector(call.target.option("labelSelector"));
  if (!labels) return labels;
  auto fields = parse_field_selector(call.target.option("fieldSelector"));
  if (!fields) return fields;
  return [labels = *std::move(labels), fields = *std::move(fields),
          name = call.route.name](const Object& object) {
    return (name.empty() || name_of(object) == name) && labels(object) && fields(object);
  };
}

ApiResponse object_response(const ApiCall& call, const ObjectPtr& object, int status) {
  return json_response(render(call.type(), call.form, row_object(call), *object), status);
}

ApiResponse get_object(const ApiCall& call) {
  const ObjectPtr object = call.live();
  return object ? object_response(call, object) : to_response(call.missing());
}

ApiResponse list_objects(const ApiCall& call) {
  const auto version = requested_version(call);
  if (!version) return to_response(version.error());
  const auto selects = selection(call);
  if (!selects) return to_response(selects.error());
  const auto page = read_page(call, *selects);
  if (!page) return to_response(page.error());
  const std::vector<ObjectPtr> objects = all_served(call, page->objects);
  if (call.form == Form::table) {
    json::object table = make_table(call.type(), objects, row_object(call), call.now);
    table["metadata"] = list_metadata(*page);
    return json_response(table);
  }
  json::array items;
  for (const ObjectPtr& object : objects) {
    json::object item = call.form == Form::metadata ? partial_metadata(*object) : *object;
    // The items of a list have the kind that the list says.
    if (call.form == Form::plain) {
      item.erase("apiVersion");
      item.erase("kind");
    }
    items.push_back(std::move(item));
  }
  const bool partial = call.form == Form::metadata;
  return json_response(
      {{"kind", partial ? "PartialObjectMetadataList" : std::string(call.type().kind) + "List"},
       {"apiVersion", partial ? "meta.k8s.io/v1" : api_version(call.type())},
       {"metadata", list_metadata(*page)},
       {"items", std::move(items)}});
}

ApiResponse watch_objects(const ApiCall& call) {
  if (call.target.flag("sendInitialEvents")) {
    return to_response({.code = 422,
                        .reason = "Invalid",
                        .message =
                            "ListOptions.meta.k8s.io \"\" is invalid: sendInitialEvents: Forbidden: "
                            "sendInitialEvents is forbidden for watch unless the WatchList feature gate "
                            "is enabled"});
  }
  const auto version = requested_version(call);
  if (!version) return to_response(version.error());
  auto selects = selection(call);
  if (!selects) return to_response(selects.error());
  const bool from_now = *version == 0;
  if (!from_now && !call.store().changes_since(*version)) {
    return to_response(too_old(*version, call.store().resource_version()));
  }
  const std::uint64_t seconds = parse_number(call.target.option("timeoutSeconds")).value_or(0);
  WatchOptions options;
  options.resource = call.type().plural;
  options.ns = call.route.ns;
  options.since = *version;
  options.initial_objects = from_now;
  options.bookmarks = call.target.flag("allowWatchBookmarks") && call.form != Form::table;
  options.timeout = std::chrono::seconds(
      seconds == 0 ? kLongestWatch : std::min(static_cast<std::int64_t>(seconds), kLongestWatch));
  options.selects = *std::move(selects);
  options.render = [type = call.route.type, form = call.form, include = row_object(call)](
                       const Object& object) { return render(*type, form, include, object); };
  options.bookmark = {{"kind", call.type().kind}, {"apiVersion", api_version(call.type())}};
  ApiResponse response;
  response.watch = std::make_unique<WatchStream>(call.store(), std::move(options));
  return response;
}

}  // namespace meshdrill::lab
