// The kinds of objects that we use and the URL paths under which the API keeps them: the only place where
// such a path is put together.
#pragma once

#include <string>
#include <string_view>

namespace meshdrill::kube {

struct ResourceType {
  std::string group;  // empty for the core group
  std::string version;
  std::string plural;  // "deployments"
  bool namespaced = true;

  bool operator==(const ResourceType&) const = default;
};

ResourceType deployments();
ResourceType stateful_sets();
ResourceType daemon_sets();
ResourceType pods();
ResourceType services();
ResourceType endpoint_slices();
ResourceType events();
ResourceType leases();
ResourceType namespaces();
ResourceType self_subject_access_reviews();

// One object of one kind. A class with constructors, so that it may be made inside a co_await expression.
struct ObjectRef {
  ResourceType type;
  std::string namespace_name;  // empty for kinds without namespaces
  std::string name;

  ObjectRef(ResourceType type_of, std::string in_namespace, std::string called);

  bool operator==(const ObjectRef&) const = default;
};

// "deployments default/api": how messages name it.
std::string to_string(const ObjectRef& object);

// "/apis/apps/v1/namespaces/default/deployments"; with an empty namespace, those of the whole cluster.
std::string collection_path(const ResourceType& type, std::string_view namespace_name);
// "/apis/apps/v1/namespaces/default/deployments/api", and "/scale" after it for a subresource.
std::string object_path(const ObjectRef& object, std::string_view subresource = {});

}  // namespace meshdrill::kube
