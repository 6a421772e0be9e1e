#include "lab/api/api_defaults.hpp"

#include "base/base64.hpp"
#include "lab/api/json_access.hpp"

#include <string>

#include <boost/json/array.hpp>

namespace meshdrill::lab {

namespace json = boost::json;

namespace {

void set_default(json::object& object, std::string_view key, json::value value) {
  if (!object.contains(key) || object.at(key).is_null()) object[key] = std::move(value);
}

// Kubernetes leaves an empty map of these out.
void drop_empty(json::object& object, std::string_view key) {
  const json::value* const value = object.if_contains(key);
  if (value != nullptr && value->is_object() && value->get_object().empty()) object.erase(key);
}

// Calls `visit` for each object in the list under `key`.
template <class Visit>
void for_each_item(json::object& object, std::string_view key, const Visit& visit) {
  json::value* const list = object.if_contains(key);
  if (list == nullptr || !list->is_array()) return;
  for (json::value& item : list->get_array()) {
    if (item.is_object()) visit(item.get_object());
  }
}

// "Always" for images without a tag and for :latest, as the kubelet would pull them.
std::string_view pull_policy(std::string_view image) {
  const std::size_t slash = image.rfind('/');
  const std::string_view last = slash == std::string_view::npos ? image : image.substr(slash + 1);
  const std::size_t colon = last.find(':');
  const bool latest = colon == std::string_view::npos ? last.find('@') == std::string_view::npos
                                                      : last.substr(colon + 1) == "latest";
  return latest ? "Always" : "IfNotPresent";
}

void container_defaults(json::object& container) {
  set_default(container, "imagePullPolicy", json::value(pull_policy(text_at(container, {"image"}))));
  set_default(container, "resources", json::object());
  set_default(container, "terminationMessagePath", "/dev/termination-log");
  set_default(container, "terminationMessagePolicy", "File");
  for_each_item(container, "ports", [](json::object& port) { set_default(port, "protocol", "TCP"); });
  for (const std::string_view probe : {"readinessProbe", "livenessProbe", "startupProbe"}) {
    json::value* const value = container.if_contains(probe);
    if (value == nullptr || !value->is_object()) continue;
    set_default(value->get_object(), "timeoutSeconds", 1);
    set_default(value->get_object(), "periodSeconds", 10);
    set_default(value->get_object(), "successThreshold", 1);
    set_default(value->get_object(), "failureThreshold", 3);
    if (json::value* const get = value->get_object().if_contains("httpGet");
        get != nullptr && get->is_object()) {
      set_default(get->get_object(), "path", "/");
      set_default(get->get_object(), "scheme", "HTTP");
    }
  }
}

void pod_defaults(json::object& spec) {
  set_default(spec, "restartPolicy", "Always");
  set_default(spec, "terminationGracePeriodSeconds", 30);
  set_default(spec, "dnsPolicy", "ClusterFirst");
  set_default(spec, "schedulerName", "default-scheduler");
  set_default(spec, "securityContext", json::object());
  for_each_item(spec, "containers", container_defaults);
  for_each_item(spec, "initContainers", container_defaults);
  for_each_item(spec, "volumes", [](json::object& volume) {
    for (const std::string_view kind : {"configMap", "secret"}) {
      json::value* const source = volume.if_contains(kind);
      if (source != nullptr && source->is_object()) set_default(source->get_object(), "defaultMode", 420);
    }
  });
}

void template_defaults(json::object& spec) {
  object_at(spec, {"template", "metadata"});
  pod_defaults(object_at(spec, {"template", "spec"}));
}

void deployment_defaults(Object& object) {
  json::object& spec = object_at(object, {"spec"});
  set_default(spec, "replicas", 1);
  set_default(spec, "revisionHistoryLimit", 10);
  set_default(spec, "progressDeadlineSeconds", 600);
  json::object& strategy = object_at(spec, {"strategy"});
  set_default(strategy, "type", "RollingUpdate");
  if (text_at(strategy, {"type"}) == "RollingUpdate") {
    json::object& rolling = object_at(strategy, {"rollingUpdate"});
    set_default(rolling, "maxUnavailable", "25%");
    set_default(rolling, "maxSurge", "25%");
  }
  template_defaults(spec);
}

void stateful_set_defaults(Object& object) {
  json::object& spec = object_at(object, {"spec"});
  set_default(spec, "replicas", 1);
  set_default(spec, "revisionHistoryLimit", 10);
  set_default(spec, "podManagementPolicy", "OrderedReady");
  json::object& strategy = object_at(spec, {"updateStrategy"});
  set_default(strategy, "type", "RollingUpdate");
  if (text_at(strategy, {"type"}) == "RollingUpdate") {
    set_default(object_at(strategy, {"rollingUpdate"}), "partition", 0);
  }
  template_defaults(spec);
}

void service_defaults(Object& object) {
  json::object& spec = object_at(object, {"spec"});
  set_default(spec, "type", "ClusterIP");
  set_default(spec, "sessionAffinity", "None");
  if (text_at(spec, {"type"}) == "ExternalName") return;
  set_default(spec, "internalTrafficPolicy", "Cluster");
  set_default(spec, "ipFamilyPolicy", "SingleStack");
  set_default(spec, "ipFamilies", json::array{"IPv4"});
  if (text_at(spec, {"type"}) != "ClusterIP") set_default(spec, "externalTrafficPolicy", "Cluster");
  for_each_item(spec, "ports", [](json::object& port) {
    set_default(port, "protocol", "TCP");
    if (const json::value* const number = port.if_contains("port")) set_default(port, "targetPort", *number);
  });
  object_at(object_at(object, {"status"}), {"loadBalancer"});
}

void secret_defaults(Object& object) {
  set_default(object, "type", "Opaque");
  const json::value* const given = object.if_contains("stringData");
  if (given == nullptr) return;
  const json::value plain = *given;  // a copy: adding data moves what it stands in
  object.erase("stringData");
  if (!plain.is_object()) return;
  json::object& data = object_at(object, {"data"});
  for (const json::key_value_pair& entry : plain.get_object()) {
    if (const json::string* const text = entry.value().if_string())
      data[entry.key()] = encode_base64(view(*text));
  }
}

void namespace_defaults(Object& object) {
  const std::string name(name_of(object));  // a copy, as adding labels moves what it stands in
  object_at(object, {"metadata", "labels"})["kubernetes.io/metadata.name"] = name;
  set_default(object_at(object, {"spec"}), "finalizers", json::array{"kubernetes"});
  set_default(object_at(object, {"status"}), "phase", "Active");
}

void slice_defaults(Object& object) {
  for_each_item(object, "ports", [](json::object& port) {
    set_default(port, "name", "");
    set_default(port, "protocol", "TCP");
  });
}

}  // namespace

void apply_defaults(const ResourceType& type, Object& object) {
  const std::string_view kind = type.kind;
  for (const std::string_view key : {"annotations", "labels"})
    drop_empty(object_at(object, {"metadata"}), key);
  if (kind == "Deployment") deployment_defaults(object);
  if (kind == "StatefulSet") stateful_set_defaults(object);
  if (kind == "ReplicaSet") {
    set_default(object_at(object, {"spec"}), "replicas", 1);
    template_defaults(object_at(object, {"spec"}));
  }
  if (kind == "Pod") {
    pod_defaults(object_at(object, {"spec"}));
    set_default(object_at(object, {"status"}), "phase", "Pending");
  }
  if (kind == "Service") service_defaults(object);
  if (kind == "Secret") secret_defaults(object);
  if (kind == "Namespace") namespace_defaults(object);
  if (kind == "EndpointSlice") slice_defaults(object);
  if (kind == "HorizontalPodAutoscaler") set_default(object_at(object, {"spec"}), "minReplicas", 1);
}

}  // namespace meshdrill::lab
