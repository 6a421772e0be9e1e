#include "lab/api/json_access.hpp"
#include "lab/api/list_schema.hpp"
#include "lab/api/managed_fields.hpp"
#include "lab/api/timestamps.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

namespace meshdrill::lab {

namespace json = boost::json;

namespace {

void merge(json::object& live, const json::object& config, std::string_view parent);

void merge_keyed_list(json::array& live, const json::array& config, std::string_view parent,
                      std::string_view field) {
  for (const json::value& item : config) {
    const std::string key = item_key(parent, field, item);
    const auto found = std::find_if(live.begin(), live.end(), [&](const json::value& candidate) {
      return item_key(parent, field, candidate) == key;
    });
    if (key.empty() || found == live.end()) {
      live.push_back(item);
    } else {
      merge(found->get_object(), item.get_object(), field);
    }
  }
}

void merge(json::object& live, const json::object& config, std::string_view parent) {
  for (const json::key_value_pair& entry : config) {
    const std::string_view field = entry.key();
    json::value& target = live[field];
    const ListSchema::Kind list = list_schema(parent, field).kind;
    if (entry.value().is_object() && target.is_object() && !is_atomic_object(parent, field)) {
      merge(target.get_object(), entry.value().get_object(), field);
    } else if (entry.value().is_array() && target.is_array() && list == ListSchema::Kind::map) {
      merge_keyed_list(target.get_array(), entry.value().get_array(), parent, field);
    } else if (entry.value().is_array() && target.is_array() && list == ListSchema::Kind::set) {
      json::array& values = target.get_array();
      for (const json::value& value : entry.value().get_array()) {
        if (std::find(values.begin(), values.end(), value) == values.end()) values.push_back(value);
      }
    } else {
      target = entry.value();
    }
  }
}

const FieldSet& below(const FieldSet& set, std::string_view key) {
  static const FieldSet none;
  const auto found = set.children.find(key);
  return found == set.children.end() ? none : found->second;
}

void prune(json::object& object, const FieldSet& gone, const FieldSet& kept, std::string_view parent);

bool is_empty(const json::value& value) {
  return (value.is_object() && value.get_object().empty()) || (value.is_array() && value.get_array().empty());
}

void prune_list(json::array& list, const FieldSet& gone, const FieldSet& kept, std::string_view parent,
                std::string_view field) {
  const bool keyed = list_schema(parent, field).kind == ListSchema::Kind::map;
  for (auto at = list.begin(); at != list.end();) {
    const std::string key = keyed ? item_key(parent, field, *at) : "v:" + json::serialize(*at);
    const FieldSet& item = below(gone, key);
    const FieldSet& item_kept = below(kept, key);
    if (item.member && item_kept.empty()) {
      at = list.erase(at);
      continue;
    }
    if (at->is_object()) prune(at->get_object(), item, item_kept, field);
    ++at;
  }
}

void prune(json::object& object, const FieldSet& gone, const FieldSet& kept, std::string_view parent) {
  for (const auto& [element, child] : gone.children) {
    const std::string_view field = std::string_view(element).substr(2);
    json::value* const value = object.if_contains(field);
    if (value == nullptr) continue;
    const FieldSet& child_kept = below(kept, element);
    if (value->is_object()) prune(value->get_object(), child, child_kept, field);
    if (value->is_array()) prune_list(value->get_array(), child, child_kept, parent, field);
    if (child_kept.empty() && (child.member || is_empty(*value))) object.erase(field);
  }
}

std::string words_of(const ManagerEntry& entry) {
  std::string text = fmt::format("\"{}\"", entry.manager);
  if (!entry.subresource.empty()) text += fmt::format(" with subresource \"{}\"", entry.subresource);
  if (entry.operation == Operation::update) text += " using " + entry.api_version;
  return text;
}

// The words of apimachinery's getConflictMessage, which people and scripts know.
StoreError conflict_error(const std::map<std::string, std::vector<std::string>>& conflicts) {
  json::array causes;
  std::string list;
  for (const auto& [manager, paths] : conflicts) {
    list += fmt::format("{}conflicts with {}:", list.empty() ? "" : "\n", manager);
    for (const std::string& path : paths) {
      list += "\n- " + path;
      causes.push_back(json::object{
          {"reason", "FieldManagerConflict"}, {"message", "conflict with " + manager}, {"field", path}});
    }
  }
  const std::size_t count = causes.size();
  std::string message = fmt::format("Apply failed with {} conflicts: {}", count, list);
  if (count == 1) {
    const auto& [manager, paths] = *conflicts.begin();
    message = fmt::format("Apply failed with 1 conflict: conflict with {}: {}", manager, paths[0]);
  }
  return {.code = 409, .reason = "Conflict", .message = std::move(message), .details = {{"causes", causes}}};
}

// What `kubectl apply --server-side` may take over from an earlier client-side apply without
// --force-conflicts: the fields of the last-applied annotation that still have its values (apimachinery's
// lastAppliedManager).
FieldSet taken_over(const Object& live, const Writer& writer) {
  if (writer.manager != "kubectl") return {};
  const std::string_view text =
      text_at(live, {"metadata", "annotations", "kubectl.kubernetes.io/last-applied-configuration"});
  json::parse_options options;
  options.max_depth = 128;
  boost::system::error_code error;
  const json::value last = json::parse({text.data(), text.size()}, error, {}, options);
  if (error || !last.is_object()) return {};
  const FieldChanges since = compare_fields(last.get_object(), live);
  return FieldSet::of(last.get_object()).subtract(since.modified).subtract(since.removed);
}

bool is_mine(const ManagerEntry& entry, const Writer& writer) {
  return entry.operation == Operation::apply && entry.manager == writer.manager &&
         entry.subresource == writer.subresource;
}

// Without what the server keeps in metadata: that is not for clients to apply.
Object without_managed_fields(Object object) {
  if (json::value* const metadata = object.if_contains("metadata");
      metadata != nullptr && metadata->is_object()) {
    metadata->get_object().erase("managedFields");
  }
  return object;
}

}  // namespace

StoreResult<Object> apply_fields(const Object* live, const Object& config, const Writer& writer, bool force) {
  std::vector<ManagerEntry> entries;
  if (live != nullptr) entries = read_managed_fields(*live).value_or(std::vector<ManagerEntry>());
  const auto found = std::ranges::find_if(entries, [&](const ManagerEntry& e) { return is_mine(e, writer); });
  ManagerEntry mine;
  if (found != entries.end()) {
    mine = std::move(*found);
    entries.erase(found);
  }
  const FieldSet applied = FieldSet::of(config);
  FieldSet kept = applied;
  for (const ManagerEntry& entry : entries) kept = kept.unite(entry.fields);

  const Object before = live == nullptr ? Object() : without_managed_fields(*live);
  Object next = before;
  merge(next, config, {});
  prune(next, mine.fields.subtract(applied), kept, {});

  const FieldChanges changes = compare_fields(before, next);
  std::map<std::string, std::vector<std::string>> conflicts;
  const FieldSet forgiven = taken_over(before, writer);
  for (ManagerEntry& entry : entries) {
    const FieldSet contested = entry.fields.intersect(changes.modified);
    const FieldSet refused = contested.subtract(forgiven);
    if (!refused.empty()) conflicts[words_of(entry)] = refused.paths();
    entry.fields = entry.fields.subtract(contested).subtract(changes.removed);
  }
  if (!force && !conflicts.empty()) return tl::unexpected(conflict_error(conflicts));

  // An apply that changes nothing leaves the time as it was, and so the object's version too.
  if (mine.time.empty() || mine.fields != applied || next != before) mine.time = to_timestamp(writer.now);
  mine.manager = writer.manager;
  mine.operation = Operation::apply;
  mine.api_version = writer.api_version;
  mine.subresource = writer.subresource;
  mine.fields = applied;
  entries.push_back(std::move(mine));
  write_managed_fields(next, std::move(entries));
  return next;
}

}  // namespace meshdrill::lab
