#include "drill/change/change.hpp"

#include "base/text.hpp"
#include "kube/json_fields.hpp"

#include <array>
#include <stdexcept>

#include <boost/json/serialize.hpp>
#include <fmt/format.h>

namespace meshdrill::drill {
namespace {

namespace json = boost::json;

constexpr std::array<std::string_view, 4> object_kinds{"Deployment", "StatefulSet", "DaemonSet", "Service"};
constexpr std::array<std::string_view, 4> lower_kinds{"deployment", "statefulset", "daemonset", "service"};
constexpr std::array<std::string_view, 3> change_kinds{"replicas", "field", "pods"};

std::string text(const json::object& fields, std::string_view key) {
  return std::string{fields.at(key).as_string()};
}

std::string text_or(const json::object& fields, std::string_view key, std::string_view otherwise) {
  return fields.contains(key) ? text(fields, key) : std::string{otherwise};
}

int number(const json::object& fields, std::string_view key) {
  return static_cast<int>(fields.at(key).as_int64());
}

template <class Kind, std::size_t Size>
Kind kind_from(const std::array<std::string_view, Size>& names, const std::string& name) {
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names.at(i) == name) return static_cast<Kind>(i);
  }
  throw std::invalid_argument{fmt::format("unknown kind {}", name)};
}

std::string replicas_of(int count) {
  return plural(static_cast<std::size_t>(count), "replica");
}

// "--context … -n …" of every command.
std::string kubectl(const std::string& context, const Change& change) {
  return fmt::format("kubectl --context {} -n {}", shell_quote(context), shell_quote(change.object.ns));
}

std::string kubectl_scale(const std::string& context, const Change& change, int replicas) {
  return fmt::format("{} scale {}/{} --replicas={}", kubectl(context, change), lower_name(change.object_kind),
                     shell_quote(change.object.name), replicas);
}

bool is_annotation(const Change& change) {
  return change.path.size() == 3 && change.path.at(0) == "metadata" && change.path.at(1) == "annotations";
}

// "service.cilium.io/shared" of an annotation, "spec.template.spec.nodeSelector.away" of another.
std::string field_name(const Change& change) {
  return is_annotation(change) ? change.path.back() : fmt::format("{}", fmt::join(change.path, "."));
}

std::string kubectl_set(const std::string& context, const Change& change,
                        const std::optional<std::string>& value) {
  const std::string object =
      fmt::format("{}/{}", lower_name(change.object_kind), shell_quote(change.object.name));
  if (is_annotation(change)) {
    const std::string key = shell_quote(change.path.back());
    return fmt::format("{} annotate {} {}", kubectl(context, change), object,
                       value ? fmt::format("{}={} --overwrite", key, shell_quote(*value)) : key + "-");
  }
  json::value patch = value ? json::value(*value) : json::value(nullptr);
  for (auto name = change.path.rbegin(); name != change.path.rend(); ++name) {
    json::object outer;
    outer[*name] = std::move(patch);
    patch = std::move(outer);
  }
  return fmt::format("{} patch {} --type=merge -p {}", kubectl(context, change), object,
                     shell_quote(json::serialize(patch)));
}

std::string describe_field(const Change& change, const std::optional<std::string>& value) {
  return value ? fmt::format("{} to {}: \"{}\"", name_of(change), field_name(change), *value)
               : fmt::format("{} without {}", name_of(change), field_name(change));
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

std::string_view to_string(ObjectKind kind) {
  return object_kinds.at(static_cast<std::size_t>(kind));
}

std::string_view lower_name(ObjectKind kind) {
  return lower_kinds.at(static_cast<std::size_t>(kind));
}

ObjectKind object_kind_from_string(std::string_view name) {
  return kind_from<ObjectKind>(object_kinds, std::string{name});
}

kube::ResourceType resource_type(ObjectKind kind) {
  switch (kind) {
    case ObjectKind::deployment:
      return kube::deployments();
    case ObjectKind::stateful_set:
      return kube::stateful_sets();
    case ObjectKind::daemon_set:
      return kube::daemon_sets();
    case ObjectKind::service:
      break;
  }
  return kube::services();
}

Change scale_to_zero(ObjectName object, std::string uid, int replicas) {
  Change change;
  change.object = std::move(object);
  change.uid = std::move(uid);
  change.replicas = replicas;
  return change;
}

std::vector<std::string> field_path(const Change& change) {
  return change.kind == ChangeKind::replicas ? std::vector<std::string>{"spec", "replicas"} : change.path;
}

json::array owners_of(const json::array& managed_fields, const std::vector<std::string>& path) {
  json::array owners;
  for (const json::value& value : managed_fields) {
    const json::value* owned = kube::field(value, "/fieldsV1");
    for (const std::string& name : path) {
      const auto* fields = owned == nullptr ? nullptr : owned->if_object();
      owned = fields == nullptr ? nullptr : fields->if_contains("f:" + name);
    }
    if (owned == nullptr) continue;
    json::value alone = json::object{};
    for (auto name = path.rbegin(); name != path.rend(); ++name) {
      json::object outer;
      outer["f:" + *name] = std::move(alone);
      alone = std::move(outer);
    }
    json::object entry = value.as_object();
    entry["fieldsV1"] = std::move(alone);
    owners.emplace_back(std::move(entry));
  }
  return owners;
}

std::string name_of(const Change& change) {
  return fmt::format("{} {}", lower_name(change.object_kind), to_string(change.object));
}

std::string describe_fault(const Change& change) {
  switch (change.kind) {
    case ChangeKind::replicas:
      return fmt::format("{} to {}", name_of(change), replicas_of(change.to_replicas));
    case ChangeKind::field:
      return describe_field(change, change.to_value);
    case ChangeKind::pods:
      break;
  }
  return fmt::format("{} of the {} of {}", change.pods.size(),
                     plural(static_cast<std::size_t>(change.replicas), "Pod"), name_of(change));
}

std::string describe_restore(const Change& change) {
  switch (change.kind) {
    case ChangeKind::replicas:
      return fmt::format("{} to {}", name_of(change), replicas_of(change.replicas));
    case ChangeKind::field:
      return describe_field(change, change.value);
    case ChangeKind::pods:
      break;
  }
  return fmt::format("{} with {} ready", name_of(change), replicas_of(change.replicas));
}

kube::ObjectRef reference(const Change& change) {
  return {resource_type(change.object_kind), change.object.ns, change.object.name};
}

json::object encode(const Change& change) {
  json::object fields{{"change", change_kinds.at(static_cast<std::size_t>(change.kind))},
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
  change.kind = kind_from<ChangeKind>(change_kinds, text_or(fields, "change", "replicas"));
  change.object_kind = object_kind_from_string(text_or(fields, "kind", "Deployment"));
  change.object = {text(fields, "namespace"), text(fields, "name")};
  change.uid = text(fields, "uid");
  if (change.kind == ChangeKind::replicas) decode_replicas(fields, default_to, change);
  if (change.kind == ChangeKind::field) decode_field(fields, change);
  if (change.kind == ChangeKind::pods) decode_pods(fields, change);
  if (const auto* owners = fields.if_contains("owners")) change.owners = owners->as_array();
  return change;
}

std::string restore_command(const std::string& context, const Change& change) {
  switch (change.kind) {
    case ChangeKind::replicas:
      return kubectl_scale(context, change, change.replicas);
    case ChangeKind::field:
      return kubectl_set(context, change, change.value);
    case ChangeKind::pods:
      break;
  }
  return fmt::format("{} rollout status {}/{}", kubectl(context, change), lower_name(change.object_kind),
                     shell_quote(change.object.name));
}

std::string fault_command(const std::string& context, const Change& change) {
  switch (change.kind) {
    case ChangeKind::replicas:
      return kubectl_scale(context, change, change.to_replicas);
    case ChangeKind::field:
      return kubectl_set(context, change, change.to_value);
    case ChangeKind::pods:
      break;
  }
  std::string command = kubectl(context, change) + " delete pods --wait=false";
  for (const PodName& pod : change.pods) command += " " + shell_quote(pod.name);
  return command;
}

std::string with_commands(const std::string& problem, const std::string& context,
                          const std::vector<Change>& changes) {
  std::string text = problem + ". To put it back by hand:";
  for (const Change& change : changes) text += "\n  " + restore_command(context, change);
  return text;
}

}  // namespace meshdrill::drill
