#include "drill/change/change.hpp"

#include "base/text.hpp"
#include "kube/json_fields.hpp"

#include <array>
#include <stdexcept>

#include <fmt/format.h>

namespace meshdrill::drill {
namespace {

namespace json = boost::json;

constexpr std::array<std::string_view, 4> object_kinds{"Deployment", "StatefulSet", "DaemonSet", "Service"};
constexpr std::array<std::string_view, 4> lower_kinds{"deployment", "statefulset", "daemonset", "service"};
constexpr std::array<std::string_view, 3> change_kinds{"replicas", "field", "pods"};

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

// "service.cilium.io/shared" of an annotation, "spec.template.spec.nodeSelector.away" of another.
std::string field_name(const Change& change) {
  return is_annotation(change) ? change.path.back() : fmt::format("{}", fmt::join(change.path, "."));
}

std::string describe_field(const Change& change, const std::optional<std::string>& value) {
  return value ? fmt::format("{} to {}: \"{}\"", name_of(change), field_name(change), *value)
               : fmt::format("{} without {}", name_of(change), field_name(change));
}

}  // namespace

std::string_view to_string(ObjectKind kind) {
  return object_kinds.at(static_cast<std::size_t>(kind));
}

std::string_view to_string(ChangeKind kind) {
  return change_kinds.at(static_cast<std::size_t>(kind));
}

ChangeKind change_kind_from_string(std::string_view name) {
  return kind_from<ChangeKind>(change_kinds, std::string{name});
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

bool is_annotation(const Change& change) {
  return change.path.size() == 3 && change.path.at(0) == "metadata" && change.path.at(1) == "annotations";
}

kube::ObjectRef reference(const Change& change) {
  return {resource_type(change.object_kind), change.object.ns, change.object.name};
}

}  // namespace meshdrill::drill
