// A change as JSON, in journals and in the record.
#include "drill/change/change.hpp"
#include "drill/json_members.hpp"

namespace meshdrill::drill {
namespace {

namespace json = boost::json;

std::string text_or(const json::object& fields, std::string_view key, std::string_view otherwise) {
  return fields.contains(key) ? text(fields, key) : std::string{otherwise};
}

int number(const json::object& fields, std::string_view key) {
  return static_cast<int>(fields.at(key).as_int64());
}

void encode_replicas(const Change& change, json::object& fields) {
  fields["replicas"] = change.replicas;
  fields["to"] = change.to_replicas;
  if (change.accepted) fields["accepted"] = json::array{change.accepted->least, change.accepted->most};
}

void decode_replicas(const json::object& fields, int default_to, Change& change) {
  change.replicas = number(fields, "replicas");
  change.to_replicas = fields.contains("to") ? number(fields, "to") : default_to;
  if (const auto* accepted = fields.if_contains("accepted")) {
    const json::array& range = accepted->as_array();
    change.accepted =
        CountRange{static_cast<int>(range.at(0).as_int64()), static_cast<int>(range.at(1).as_int64())};
  }
}

void encode_field(const Change& change, json::object& fields) {
  json::array path;
  for (const std::string& name : change.path) path.emplace_back(name);
  fields["path"] = std::move(path);
  fields["value"] = change.value ? json::value(*change.value) : json::value(nullptr);
  fields["to"] = change.to_value;
}

void decode_field(const json::object& fields, Change& change) {
  for (const json::value& name : fields.at("path").as_array()) change.path.emplace_back(name.as_string());
  if (!fields.at("value").is_null()) change.value = text(fields, "value");
  change.to_value = text(fields, "to");
}

void encode_pods(const Change& change, json::object& fields) {
  fields["replicas"] = change.replicas;
  json::array pods;
  for (const PodName& pod : change.pods) pods.push_back({{"name", pod.name}, {"uid", pod.uid}});
  fields["pods"] = std::move(pods);
}

void decode_pods(const json::object& fields, Change& change) {
  change.replicas = number(fields, "replicas");
  change.to_replicas = change.replicas;
  for (const json::value& value : fields.at("pods").as_array()) {
    change.pods.push_back({text(value.as_object(), "name"), text(value.as_object(), "uid")});
  }
}

}  // namespace

json::object encode(const Change& change) {
  json::object fields{{"change", to_string(change.kind)},
                      {"kind", to_string(change.object_kind)},
                      {"namespace", change.object.ns},
                      {"name", change.object.name},
                      {"uid", change.uid}};
  if (change.kind == ChangeKind::replicas) encode_replicas(change, fields);
  if (change.kind == ChangeKind::field) encode_field(change, fields);
  if (change.kind == ChangeKind::pods) encode_pods(change, fields);
  if (!change.owners.empty()) fields["owners"] = change.owners;
  return fields;
}

Change decode_change(const json::object& fields, int default_to) {
  Change change;
  change.kind = change_kind_from_string(text_or(fields, "change", "replicas"));
  change.object_kind = object_kind_from_string(text_or(fields, "kind", "Deployment"));
  change.object = {text(fields, "namespace"), text(fields, "name")};
  change.uid = text(fields, "uid");
  if (change.kind == ChangeKind::replicas) decode_replicas(fields, default_to, change);
  if (change.kind == ChangeKind::field) decode_field(fields, change);
  if (change.kind == ChangeKind::pods) decode_pods(fields, change);
  if (const auto* owners = fields.if_contains("owners")) change.owners = owners->as_array();
  return change;
}

}  // namespace meshdrill::drill
