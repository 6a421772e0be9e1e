#include "lab/api/api_status.hpp"
#include "lab/api/json_access.hpp"
#include "lab/api/list_schema.hpp"
#include "lab/api/patch.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

namespace meshdrill::lab {

namespace json = boost::json;

namespace {

constexpr std::string_view kOrder = "$setElementOrder/";
constexpr std::string_view kDelete = "$deleteFromPrimitiveList/";

using Failure = std::optional<StoreError>;

Failure merge_object(json::object& live, const json::object& patch, std::string_view parent);

std::string_view directive(const json::object& patch) {
  return text_at(patch, {"$patch"});
}

json::array::iterator find_item(json::array& list, std::string_view key, const json::value& wanted) {
  return std::find_if(list.begin(), list.end(), [&](const json::value& item) {
    const json::object* const object = item.if_object();
    const json::value* const value = object == nullptr ? nullptr : object->if_contains(key);
    return value != nullptr && *value == wanted;
  });
}

bool replaces_list(const json::array& patch) {
  return std::any_of(patch.begin(), patch.end(), [](const json::value& item) {
    return item.is_object() && directive(item.get_object()) == "replace" && item.get_object().size() == 1;
  });
}

Failure merge_item(json::array& live, const json::object& item, std::string_view field,
                   std::string_view key) {
  const json::value* const wanted = item.if_contains(key);
  if (wanted == nullptr) {
    return bad_request(
        fmt::format("map: {} does not contain declared merge key: {}", json::serialize(item), key));
  }
  const auto found = find_item(live, key, *wanted);
  if (directive(item) == "delete") {
    if (found != live.end()) live.erase(found);
    return std::nullopt;
  }
  if (found != live.end()) return merge_object(found->get_object(), item, field);
  json::object fresh;
  Failure failure = merge_object(fresh, item, field);
  live.push_back(std::move(fresh));
  return failure;
}

Failure merge_list(json::array& live, const json::array& patch, std::string_view field,
                   std::string_view key) {
  if (replaces_list(patch)) live.clear();
  for (const json::value& entry : patch) {
    const json::object* const item = entry.if_object();
    if (item == nullptr) return bad_request(fmt::format("the items of {} must be objects", field));
    if (directive(*item) == "replace" && item->size() == 1) continue;
    if (auto failure = merge_item(live, *item, field, key)) return failure;
  }
  return std::nullopt;
}

// Puts the items that `order` names into its order; the others keep their place behind them.
void reorder(json::array& list, const json::array& order, std::string_view key) {
  json::array ordered;
  for (const json::value& wanted : order) {
    const json::object* const object = wanted.if_object();
    const json::value* const id = object == nullptr ? &wanted : object->if_contains(key);
    if (id == nullptr) continue;
    const auto found =
        object == nullptr ? std::find(list.begin(), list.end(), *id) : find_item(list, key, *id);
    if (found == list.end()) continue;
    ordered.push_back(std::move(*found));
    list.erase(found);
  }
  for (json::value& rest : list) ordered.push_back(std::move(rest));
  list = std::move(ordered);
}

Failure merge_member(json::object& live, std::string_view key, const json::value& value,
                     std::string_view parent) {
  if (value.is_null()) {
    live.erase(key);
    return std::nullopt;
  }
  if (const json::object* const inner = value.if_object()) {
    json::value& target = live[key];
    if (!target.is_object()) target.emplace_object();
    return merge_object(target.get_object(), *inner, key);
  }
  const json::array* const list = value.if_array();
  const ListSchema schema = list_schema(parent, key);
  if (list == nullptr || (schema.merge_key.empty() && schema.kind != ListSchema::Kind::set)) {
    live[key] = value;
    return std::nullopt;
  }
  json::value& target = live[key];
  if (!target.is_array()) target.emplace_array();
  json::array& items = target.get_array();
  if (!schema.merge_key.empty()) return merge_list(items, *list, key, schema.merge_key);
  for (const json::value& item : *list) {
    if (std::find(items.begin(), items.end(), item) == items.end()) items.push_back(item);
  }
  return std::nullopt;
}

void delete_values(json::object& live, std::string_view key, const json::value& values) {
  json::value* const member = live.if_contains(key);
  if (member == nullptr || !member->is_array() || !values.is_array()) return;
  json::array& list = member->get_array();
  for (const json::value& value : values.get_array()) {
    const auto found = std::find(list.begin(), list.end(), value);
    if (found != list.end()) list.erase(found);
  }
}

void retain_keys(json::object& live, const json::value& keys) {
  if (!keys.is_array()) return;
  for (auto at = live.begin(); at != live.end();) {
    const bool kept =
        std::any_of(keys.get_array().begin(), keys.get_array().end(), [&](const json::value& key) {
          return key.is_string() && view(key.get_string()) == std::string_view(at->key());
        });
    at = kept ? std::next(at) : live.erase(at);
  }
}

void reorder_lists(json::object& live, const json::object& patch, std::string_view parent) {
  for (const json::key_value_pair& member : patch) {
    std::string_view key = member.key();
    if (!key.starts_with(kOrder) || !member.value().is_array()) continue;
    key.remove_prefix(kOrder.size());
    json::value* const list = live.if_contains(key);
    if (list != nullptr && list->is_array()) {
      reorder(list->get_array(), member.value().get_array(), list_schema(parent, key).merge_key);
    }
  }
}

Failure merge_object(json::object& live, const json::object& patch, std::string_view parent) {
  const std::string_view how = directive(patch);
  if (how == "delete" || how == "replace") live.clear();
  if (how == "delete") return std::nullopt;
  for (const json::key_value_pair& member : patch) {
    const std::string_view key = member.key();
    if (key.starts_with(kDelete)) {
      delete_values(live, key.substr(kDelete.size()), member.value());
    } else if (!key.starts_with('$')) {
      if (auto failure = merge_member(live, key, member.value(), parent)) return failure;
    }
  }
  if (const json::value* const keys = patch.if_contains("$retainKeys")) retain_keys(live, *keys);
  reorder_lists(live, patch, parent);
  return std::nullopt;
}

}  // namespace

StoreResult<Object> apply_strategic_patch(Object live, const Object& patch) {
  if (auto failure = merge_object(live, patch, {})) return tl::unexpected(std::move(*failure));
  return live;
}

}  // namespace meshdrill::lab
