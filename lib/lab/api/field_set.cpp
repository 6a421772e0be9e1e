#include "lab/api/field_set.hpp"

#include "lab/api/json_access.hpp"
#include "lab/api/list_schema.hpp"

#include <algorithm>

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

namespace meshdrill::lab {

namespace json = boost::json;

namespace {

std::string key_text(std::string_view key) {
  return "f:" + std::string(key);
}

// The items of a list by their path element; empty when the list is atomic.
std::map<std::string, const json::value*> items_of(const json::array& list, std::string_view parent,
                                                   std::string_view field) {
  std::map<std::string, const json::value*> items;
  const ListSchema schema = list_schema(parent, field);
  for (const json::value& item : list) {
    std::string key;
    if (schema.kind == ListSchema::Kind::map) key = item_key(parent, field, item);
    if (schema.kind == ListSchema::Kind::set) key = "v:" + json::serialize(item);
    if (!key.empty()) items.emplace(std::move(key), &item);
  }
  return items;
}

bool is_atomic(const json::value& value, std::string_view parent, std::string_view field) {
  if (value.is_object()) return is_atomic_object(parent, field);
  if (value.is_array()) return list_schema(parent, field).kind == ListSchema::Kind::atomic;
  return true;
}

void collect(FieldSet& into, const json::object& object, std::string_view parent);

// `value` stands in the member `field` of an object that is in the member `parent`.
FieldSet set_of(const json::value& value, std::string_view parent, std::string_view field) {
  FieldSet set;
  if (is_atomic(value, parent, field)) {
    set.member = true;
  } else if (const json::object* const object = value.if_object()) {
    collect(set, *object, field);
    set.member = object->empty();
  } else {
    for (const auto& [key, item] : items_of(value.get_array(), parent, field)) {
      FieldSet& child = set.children[key];
      if (const json::object* const inner = item->if_object()) collect(child, *inner, field);
      child.member = true;
    }
    set.member = value.get_array().empty();
  }
  return set;
}

void collect(FieldSet& into, const json::object& object, std::string_view parent) {
  for (const json::key_value_pair& entry : object) {
    into.children[key_text(entry.key())] = set_of(entry.value(), parent, entry.key());
  }
}

// What identifies an object, and what the server alone writes, has no manager.
void drop_unmanaged(FieldSet& set) {
  for (const std::string_view field : {"f:apiVersion", "f:kind"}) set.drop({field});
  for (const std::string_view field :
       {"f:name", "f:namespace", "f:uid", "f:creationTimestamp", "f:resourceVersion", "f:generation",
        "f:managedFields", "f:selfLink", "f:deletionTimestamp", "f:deletionGracePeriodSeconds"}) {
    set.drop({"f:metadata", field});
  }
}

void compare_values(FieldChanges& changes, const json::value& before, const json::value& after,
                    std::string_view parent, std::string_view field);

// Takes in what changed below one path element, unless nothing did.
void adopt(FieldChanges& changes, const std::string& key, FieldChanges inner) {
  if (!inner.modified.empty()) changes.modified.children[key] = std::move(inner.modified);
  if (!inner.removed.empty()) changes.removed.children[key] = std::move(inner.removed);
}

void compare_objects(FieldChanges& changes, const json::object& before, const json::object& after,
                     std::string_view parent) {
  for (const json::key_value_pair& entry : after) {
    FieldChanges inner;
    if (const json::value* const old = before.if_contains(entry.key())) {
      compare_values(inner, *old, entry.value(), parent, entry.key());
    } else {
      inner.modified = set_of(entry.value(), parent, entry.key());
    }
    adopt(changes, key_text(entry.key()), std::move(inner));
  }
  for (const json::key_value_pair& entry : before) {
    if (after.contains(entry.key())) continue;
    FieldChanges inner;
    inner.removed = set_of(entry.value(), parent, entry.key());
    inner.removed.member = true;
    adopt(changes, key_text(entry.key()), std::move(inner));
  }
}

void compare_lists(FieldChanges& changes, const json::array& before, const json::array& after,
                   std::string_view parent, std::string_view field) {
  const auto old_items = items_of(before, parent, field);
  const auto new_items = items_of(after, parent, field);
  for (const auto& [key, item] : new_items) {
    FieldChanges inner;
    const auto old = old_items.find(key);
    const bool both_objects = old != old_items.end() && item->is_object() && old->second->is_object();
    if (both_objects) compare_objects(inner, old->second->get_object(), item->get_object(), field);
    if (old == old_items.end()) {
      if (const json::object* const object = item->if_object()) collect(inner.modified, *object, field);
      inner.modified.member = true;
    }
    adopt(changes, key, std::move(inner));
  }
  for (const auto& [key, item] : old_items) {
    if (new_items.contains(key)) continue;
    FieldChanges inner;
    if (const json::object* const object = item->if_object()) collect(inner.removed, *object, field);
    inner.removed.member = true;
    adopt(changes, key, std::move(inner));
  }
}

void compare_values(FieldChanges& changes, const json::value& before, const json::value& after,
                    std::string_view parent, std::string_view field) {
  const bool whole = is_atomic(before, parent, field) || is_atomic(after, parent, field);
  if (!whole && before.is_object() && after.is_object()) {
    compare_objects(changes, before.get_object(), after.get_object(), field);
  } else if (!whole && before.is_array() && after.is_array()) {
    compare_lists(changes, before.get_array(), after.get_array(), parent, field);
  } else if (before != after) {
    changes.modified = set_of(after, parent, field);
  }
}

// One path element as people read it.
std::string readable(std::string_view element) {
  const std::string_view rest = element.substr(2);
  if (element.starts_with("f:")) return "." + std::string(rest);
  if (element.starts_with("v:")) return "[=" + std::string(rest) + "]";
  boost::system::error_code error;
  const json::value keys = json::parse({rest.data(), rest.size()}, error);
  if (error || !keys.is_object()) return "[" + std::string(rest) + "]";
  std::string text;
  for (const json::key_value_pair& key : keys.get_object()) {
    if (!text.empty()) text += ',';
    text.append(key.key().data(), key.key().size()).append("=").append(json::serialize(key.value()));
  }
  return "[" + text + "]";
}

void collect_paths(std::vector<std::string>& paths, const FieldSet& set, const std::string& prefix) {
  if (set.member) paths.push_back(prefix);
  for (const auto& [key, child] : set.children) collect_paths(paths, child, prefix + readable(key));
}

}  // namespace

std::string item_key(std::string_view parent, std::string_view field, const json::value& item) {
  const json::object* const object = item.if_object();
  if (object == nullptr) return {};
  json::object keys;
  for (const std::string_view key : list_schema(parent, field).keys) {
    if (key.empty()) continue;
    if (const json::value* const value = object->if_contains(key)) {
      keys[key] = *value;
    } else if (key == "protocol") {
      keys[key] = "TCP";  // the schema's default
    } else {
      return {};
    }
  }
  return "k:" + json::serialize(keys);
}

FieldSet FieldSet::of(const json::object& object) {
  FieldSet set;
  collect(set, object, {});
  drop_unmanaged(set);
  return set;
}

FieldSet FieldSet::from_json(const json::object& fields) {
  FieldSet set;
  for (const json::key_value_pair& entry : fields) {
    const std::string_view key = entry.key();
    if (key == ".") {
      set.member = true;
    } else if (const json::object* const inner = entry.value().if_object();
               inner != nullptr && key.size() > 1 && key[1] == ':') {
      FieldSet child = from_json(*inner);
      if (inner->empty()) child.member = true;
      set.children.emplace(key, std::move(child));
    }
  }
  return set;
}

json::object FieldSet::to_json() const {
  json::object fields;
  if (member && !children.empty()) fields["."] = json::object();
  for (const auto& [key, child] : children) fields[key] = child.to_json();
  return fields;
}

FieldSet FieldSet::unite(const FieldSet& other) const {
  FieldSet result = *this;
  result.member = member || other.member;
  for (const auto& [key, child] : other.children) {
    FieldSet& mine = result.children[key];
    mine = mine.unite(child);
  }
  return result;
}

FieldSet FieldSet::intersect(const FieldSet& other) const {
  FieldSet result;
  result.member = member && other.member;
  for (const auto& [key, child] : children) {
    const auto theirs = other.children.find(key);
    if (theirs == other.children.end()) continue;
    FieldSet both = child.intersect(theirs->second);
    if (!both.empty()) result.children.emplace(key, std::move(both));
  }
  return result;
}

FieldSet FieldSet::subtract(const FieldSet& other) const {
  FieldSet result;
  result.member = member && !other.member;
  for (const auto& [key, child] : children) {
    const auto theirs = other.children.find(key);
    FieldSet rest = theirs == other.children.end() ? child : child.subtract(theirs->second);
    if (!rest.empty()) result.children.emplace(key, std::move(rest));
  }
  return result;
}

void FieldSet::drop(std::initializer_list<std::string_view> path) {
  std::vector<FieldSet*> nodes{this};
  for (const std::string_view key : path) {
    const auto found = nodes.back()->children.find(key);
    if (found == nodes.back()->children.end()) return;
    nodes.push_back(&found->second);
  }
  // A node that is left with nothing goes with what was dropped.
  auto key = std::rbegin(path);
  for (auto node = nodes.rbegin() + 1; node != nodes.rend(); ++node, ++key) {
    (*node)->children.erase((*node)->children.find(*key));
    if (!(*node)->empty()) return;
  }
}

std::vector<std::string> FieldSet::paths() const {
  std::vector<std::string> paths;
  collect_paths(paths, *this, {});
  return paths;
}

FieldChanges compare_fields(const json::object& before, const json::object& after) {
  FieldChanges changes;
  compare_objects(changes, before, after, {});
  drop_unmanaged(changes.modified);
  drop_unmanaged(changes.removed);
  return changes;
}

}  // namespace meshdrill::lab
