#include "lab/api/managed_fields.hpp"

#include "lab/api/json_access.hpp"
#include "lab/api/timestamps.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

#include <boost/json/array.hpp>

namespace meshdrill::lab {

namespace json = boost::json;

namespace {

bool is_reset(const json::array& entries) {
  return entries.size() == 1 && entries[0].is_object() && entries[0].get_object().empty();
}

// What the client sent where it is usable, else what stands in the live object.
std::vector<ManagerEntry> base_entries(const Object* live, const Object& next) {
  const json::array* const sent = find_array(next, {"metadata", "managedFields"});
  if (sent != nullptr && is_reset(*sent)) return {};
  if (sent != nullptr && !sent->empty()) {
    if (auto entries = read_managed_fields(next)) return *std::move(entries);
  }
  if (live == nullptr) return {};
  return read_managed_fields(*live).value_or(std::vector<ManagerEntry>());
}

}  // namespace

std::optional<std::vector<ManagerEntry>> read_managed_fields(const Object& object) {
  std::vector<ManagerEntry> entries;
  const json::array* const list = find_array(object, {"metadata", "managedFields"});
  if (list == nullptr) return entries;
  for (const json::value& item : *list) {
    const json::object* const entry = item.if_object();
    if (entry == nullptr) return std::nullopt;
    const std::string_view operation = text_at(*entry, {"operation"});
    const json::object* const fields = find_object(*entry, {"fieldsV1"});
    if ((operation != "Apply" && operation != "Update") || text_at(*entry, {"fieldsType"}) != "FieldsV1") {
      return std::nullopt;
    }
    entries.push_back({.manager = std::string(text_at(*entry, {"manager"})),
                       .operation = operation == "Apply" ? Operation::apply : Operation::update,
                       .api_version = std::string(text_at(*entry, {"apiVersion"})),
                       .subresource = std::string(text_at(*entry, {"subresource"})),
                       .time = std::string(text_at(*entry, {"time"})),
                       .fields = fields == nullptr ? FieldSet() : FieldSet::from_json(*fields)});
  }
  return entries;
}

void write_managed_fields(Object& object, std::vector<ManagerEntry> entries) {
  std::erase_if(entries, [](const ManagerEntry& entry) { return entry.fields.empty(); });
  std::ranges::sort(entries, {}, [](const ManagerEntry& entry) {
    return std::tie(entry.operation, entry.time, entry.manager, entry.subresource, entry.api_version);
  });
  json::array list;
  for (const ManagerEntry& entry : entries) {
    json::object item{{"manager", entry.manager},
                      {"operation", entry.operation == Operation::apply ? "Apply" : "Update"},
                      {"apiVersion", entry.api_version}};
    if (!entry.time.empty()) item["time"] = entry.time;
    item["fieldsType"] = "FieldsV1";
    item["fieldsV1"] = entry.fields.to_json();
    if (!entry.subresource.empty()) item["subresource"] = entry.subresource;
    list.push_back(std::move(item));
  }
  Object& metadata = object_at(object, {"metadata"});
  if (list.empty()) {
    metadata.erase("managedFields");
  } else {
    metadata["managedFields"] = std::move(list);
  }
}

void record_update(const Object* live, Object& next, const Writer& writer) {
  const Object nothing;
  const FieldChanges changes = compare_fields(live == nullptr ? nothing : *live, next);
  std::vector<ManagerEntry> entries = base_entries(live, next);
  for (ManagerEntry& entry : entries) {
    entry.fields = entry.fields.subtract(changes.modified).subtract(changes.removed);
  }
  if (!changes.modified.empty() && writer.subresource != "scale") {
    const auto mine = std::ranges::find_if(entries, [&](const ManagerEntry& entry) {
      return entry.operation == Operation::update && entry.manager == writer.manager &&
             entry.api_version == writer.api_version && entry.subresource == writer.subresource;
    });
    ManagerEntry& entry = mine == entries.end() ? entries.emplace_back() : *mine;
    entry.manager = writer.manager;
    entry.api_version = writer.api_version;
    entry.subresource = writer.subresource;
    entry.time = to_timestamp(writer.now);
    entry.fields = entry.fields.unite(changes.modified);
  }
  write_managed_fields(next, std::move(entries));
}

}  // namespace meshdrill::lab
