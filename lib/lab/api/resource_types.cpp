#include "lab/api/resource_types.hpp"

#include <algorithm>

namespace meshdrill::lab {

namespace {

// Core events come before events.k8s.io: both are views of the same stored objects.
constexpr ResourceType kTypes[] = {
    {.group = "",
     .version = "v1",
     .plural = "configmaps",
     .singular = "configmap",
     .kind = "ConfigMap",
     .short_names = {"cm"}},
    {.group = "",
     .version = "v1",
     .plural = "endpoints",
     .singular = "endpoints",
     .kind = "Endpoints",
     .short_names = {"ep"}},
    {.group = "",
     .version = "v1",
     .plural = "events",
     .singular = "event",
     .kind = "Event",
     .short_names = {"ev"}},
    {.group = "",
     .version = "v1",
     .plural = "namespaces",
     .singular = "namespace",
     .kind = "Namespace",
     .short_names = {"ns"},
     .namespaced = false,
     .status = true},
    {.group = "",
     .version = "v1",
     .plural = "nodes",
     .singular = "node",
     .kind = "Node",
     .short_names = {"no"},
     .namespaced = false,
     .status = true},
    {.group = "",
     .version = "v1",
     .plural = "pods",
     .singular = "pod",
     .kind = "Pod",
     .short_names = {"po"},
     .status = true,
     .category_all = true},
    {.group = "",
     .version = "v1",
     .plural = "secrets",
     .singular = "secret",
     .kind = "Secret",
     .short_names = {}},
    {.group = "",
     .version = "v1",
     .plural = "serviceaccounts",
     .singular = "serviceaccount",
     .kind = "ServiceAccount",
     .short_names = {"sa"}},
    {.group = "",
     .version = "v1",
     .plural = "services",
     .singular = "service",
     .kind = "Service",
     .short_names = {"svc"},
     .status = true,
     .category_all = true},
    {.group = "apps",
     .version = "v1",
     .plural = "daemonsets",
     .singular = "daemonset",
     .kind = "DaemonSet",
     .short_names = {"ds"},
     .status = true,
     .category_all = true},
    {.group = "apps",
     .version = "v1",
     .plural = "deployments",
     .singular = "deployment",
     .kind = "Deployment",
     .short_names = {"deploy"},
     .status = true,
     .scale = true,
     .category_all = true},
    {.group = "apps",
     .version = "v1",
     .plural = "replicasets",
     .singular = "replicaset",
     .kind = "ReplicaSet",
     .short_names = {"rs"},
     .status = true,
     .scale = true,
     .category_all = true},
    {.group = "apps",
     .version = "v1",
     .plural = "statefulsets",
     .singular = "statefulset",
     .kind = "StatefulSet",
     .short_names = {"sts"},
     .status = true,
     .scale = true,
     .category_all = true},
    {.group = "authorization.k8s.io",
     .version = "v1",
     .plural = "selfsubjectaccessreviews",
     .singular = "selfsubjectaccessreview",
     .kind = "SelfSubjectAccessReview",
     .short_names = {},
     .namespaced = false,
     .persisted = false},
    {.group = "autoscaling",
     .version = "v2",
     .plural = "horizontalpodautoscalers",
     .singular = "horizontalpodautoscaler",
     .kind = "HorizontalPodAutoscaler",
     .short_names = {"hpa"},
     .status = true,
     .category_all = true},
    // Of Cilium's own kinds, so that what reads a live mesh can be rehearsed; nothing in the lab acts on it.
    {.group = "cilium.io",
     .version = "v2",
     .plural = "ciliumnodes",
     .singular = "ciliumnode",
     .kind = "CiliumNode",
     .short_names = {"cn"},
     .namespaced = false},
    {.group = "coordination.k8s.io",
     .version = "v1",
     .plural = "leases",
     .singular = "lease",
     .kind = "Lease",
     .short_names = {}},
    {.group = "discovery.k8s.io",
     .version = "v1",
     .plural = "endpointslices",
     .singular = "endpointslice",
     .kind = "EndpointSlice",
     .short_names = {}},
    {.group = "events.k8s.io",
     .version = "v1",
     .plural = "events",
     .singular = "event",
     .kind = "Event",
     .short_names = {"ev"}},
    // KEDA's, as its custom resource definition has it; nothing in the lab acts on it.
    {.group = "keda.sh",
     .version = "v1alpha1",
     .plural = "scaledobjects",
     .singular = "scaledobject",
     .kind = "ScaledObject",
     .short_names = {"so"},
     .status = true},
    {.group = "networking.k8s.io",
     .version = "v1",
     .plural = "ingressclasses",
     .singular = "ingressclass",
     .kind = "IngressClass",
     .short_names = {},
     .namespaced = false},
    {.group = "networking.k8s.io",
     .version = "v1",
     .plural = "ingresses",
     .singular = "ingress",
     .kind = "Ingress",
     .short_names = {"ing"},
     .status = true},
    {.group = "policy",
     .version = "v1",
     .plural = "poddisruptionbudgets",
     .singular = "poddisruptionbudget",
     .kind = "PodDisruptionBudget",
     .short_names = {"pdb"},
     .status = true},
};

}  // namespace

std::span<const ResourceType> resource_types() {
  return kTypes;
}

const ResourceType* find_resource(std::string_view group, std::string_view version, std::string_view plural) {
  const auto* const found = std::ranges::find_if(kTypes, [&](const ResourceType& type) {
    return type.group == group && type.version == version && type.plural == plural;
  });
  return found == std::end(kTypes) ? nullptr : found;
}

const ResourceType* find_resource(std::string_view plural) {
  const auto* const found = std::ranges::find(kTypes, plural, &ResourceType::plural);
  return found == std::end(kTypes) ? nullptr : found;
}

std::string qualified_name(const ResourceType& type) {
  std::string name(type.plural);
  if (!type.group.empty()) name.append(".").append(type.group);
  return name;
}

std::string api_version(const ResourceType& type) {
  std::string name(type.group);
  if (!name.empty()) name += '/';
  return name.append(type.version);
}

}  // namespace meshdrill::lab
