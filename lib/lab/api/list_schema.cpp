#include "lab/api/list_schema.hpp"

#include <algorithm>
#include <iterator>

namespace meshdrill::lab {

namespace {

using Kind = ListSchema::Kind;

struct Row {
  std::string_view parent;  // empty: any
  std::string_view field;
  ListSchema schema;
};

constexpr Row kLists[] = {
    {"", "containers", {Kind::map, {"name"}, "name"}},
    {"", "initContainers", {Kind::map, {"name"}, "name"}},
    {"", "ephemeralContainers", {Kind::map, {"name"}, "name"}},
    {"containers", "ports", {Kind::map, {"containerPort", "protocol"}, "containerPort"}},
    {"initContainers", "ports", {Kind::map, {"containerPort", "protocol"}, "containerPort"}},
    {"spec", "ports", {Kind::map, {"port", "protocol"}, "port"}},
    {"", "env", {Kind::map, {"name"}, "name"}},
    {"", "volumeMounts", {Kind::map, {"mountPath"}, "mountPath"}},
    {"", "volumeDevices", {Kind::map, {"devicePath"}, "devicePath"}},
    {"", "volumes", {Kind::map, {"name"}, "name"}},
    {"", "imagePullSecrets", {Kind::map, {"name"}, "name"}},
    {"", "hostAliases", {Kind::map, {"ip"}, "ip"}},
    {"", "topologySpreadConstraints", {Kind::map, {"topologyKey", "whenUnsatisfiable"}, "topologyKey"}},
    {"status", "conditions", {Kind::map, {"type"}, "type"}},
    {"status", "addresses", {Kind::map, {"type"}, "type"}},
    {"status", "podIPs", {Kind::map, {"ip"}, "ip"}},
    {"spec", "taints", {Kind::atomic, {}, "key"}},
    {"metadata", "ownerReferences", {Kind::map, {"uid"}, "uid"}},
    {"metadata", "finalizers", {Kind::set, {}, {}}},
    {"", "secrets", {Kind::map, {"name"}, "name"}},
};

constexpr std::string_view kAtomicObjects[] = {
    "selector",        "labelSelector", "podSelector", "namespaceSelector", "nodeSelector",
    "configMapKeyRef", "secretKeyRef",  "fieldRef",    "resourceFieldRef",  "targetRef",
    "involvedObject",  "regarding",     "loadBalancer"};

}  // namespace

ListSchema list_schema(std::string_view parent, std::string_view field) {
  const auto* const row = std::ranges::find_if(kLists, [&](const Row& candidate) {
    return candidate.field == field && (candidate.parent.empty() || candidate.parent == parent);
  });
  return row == std::end(kLists) ? ListSchema() : row->schema;
}

bool is_atomic_object(std::string_view parent, std::string_view field) {
  // Labels and annotations may be called anything.
  if (parent == "labels" || parent == "annotations" || parent == "data") return false;
  return std::ranges::find(kAtomicObjects, field) != std::end(kAtomicObjects);
}

}  // namespace meshdrill::lab
