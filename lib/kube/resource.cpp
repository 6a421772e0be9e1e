#include "kube/resource.hpp"

#include "kube/percent.hpp"

#include <utility>

namespace meshdrill::kube {

ResourceType deployments() {
  return {"apps", "v1", "deployments", true};
}

ResourceType stateful_sets() {
  return {"apps", "v1", "statefulsets", true};
}

ResourceType daemon_sets() {
  return {"apps", "v1", "daemonsets", true};
}

ResourceType pods() {
  return {"", "v1", "pods", true};
}

ResourceType services() {
  return {"", "v1", "services", true};
}

ResourceType endpoint_slices() {
  return {"discovery.k8s.io", "v1", "endpointslices", true};
}

ResourceType events() {
  return {"events.k8s.io", "v1", "events", true};
}

ResourceType leases() {
  return {"coordination.k8s.io", "v1", "leases", true};
}

ResourceType namespaces() {
  return {"", "v1", "namespaces", false};
}

ResourceType self_subject_access_reviews() {
  return {"authorization.k8s.io", "v1", "selfsubjectaccessreviews", false};
}

ObjectRef::ObjectRef(ResourceType type_of, std::string in_namespace, std::string called)
    : type(std::move(type_of)), namespace_name(std::move(in_namespace)), name(std::move(called)) {}

std::string to_string(const ObjectRef& object) {
  if (!object.type.namespaced) return object.type.plural + ' ' + object.name;
  return object.type.plural + ' ' + object.namespace_name + '/' + object.name;
}

std::string collection_path(const ResourceType& type, std::string_view namespace_name) {
  std::string path = type.group.empty() ? "/api/" : "/apis/" + type.group + '/';
  path += type.version;
  if (type.namespaced && !namespace_name.empty()) path += "/namespaces/" + percent_encode(namespace_name);
  return path + '/' + type.plural;
}

std::string object_path(const ObjectRef& object, std::string_view subresource) {
  std::string path = collection_path(object.type, object.namespace_name) + '/' + percent_encode(object.name);
  if (!subresource.empty()) path.append("/").append(subresource);
  return path;
}

}  // namespace meshdrill::kube
