#include "kube/owners.hpp"

#include "base/text.hpp"
#include "kube/apply.hpp"
#include "kube/json_fields.hpp"
#include "kube/list.hpp"

#include <algorithm>
#include <array>
#include <utility>

#include <fmt/format.h>

namespace meshdrill::kube {

namespace json = boost::json;
using Kind = ReplicasOwner::Kind;

namespace {

// Whether a scaleTargetRef or targetRef names the workload. The version is no matter: an apps/v1beta1 of long
// ago still means the same object. KEDA takes an absent kind for a Deployment.
bool targets(const json::value& reference, const Workload& workload) {
  const std::string kind = text_field(reference, "/kind");
  const std::string api_version = text_field(reference, "/apiVersion");
  const bool of_apps =
      api_version.empty() || api_version.starts_with("apps/") || api_version.starts_with("extensions/");
  const bool kind_fits =
      kind.empty() ? workload.kind == WorkloadKind::deployment : kind == to_string(workload.kind);
  return of_apps && kind_fits && text_field(reference, "/name") == workload.name;
}

std::string name_in_namespace(const json::value& object) {
  return text_field(object, "/metadata/namespace") + '/' + text_field(object, "/metadata/name");
}

// KEDA makes an HPA for each ScaledObject; the ScaledObject is the one to name.
bool is_made_by_keda(const json::value& hpa) {
  const auto controller = parse_controller(hpa);
  return controller && controller->kind == "ScaledObject" && controller->api_version.starts_with("keda.sh/");
}

ReplicasOwner hpa_owner(const json::value& hpa) {
  ReplicasOwner owner;
  owner.kind = Kind::hpa;
  owner.object = "HorizontalPodAutoscaler " + name_in_namespace(hpa);
  owner.least = count_field(hpa, "/spec/minReplicas", 1);
  owner.most = count_field(hpa, "/spec/maxReplicas");
  owner.evidence = fmt::format("its scaleTargetRef names it, {} to {} replicas", *owner.least, *owner.most);
  return owner;
}

ReplicasOwner keda_owner(const json::value& scaled) {
  const Labels annotations = labels_field(scaled, "/metadata/annotations");
  const auto paused = annotations.find("autoscaling.keda.sh/paused");
  const auto paused_at = annotations.find("autoscaling.keda.sh/paused-replicas");
  ReplicasOwner owner;
  owner.kind = Kind::keda;
  owner.object = "ScaledObject " + name_in_namespace(scaled);
  owner.least = count_field(scaled, "/spec/minReplicaCount", 0);
  owner.most = count_field(scaled, "/spec/maxReplicaCount", 100);
  owner.evidence = fmt::format("its scaleTargetRef names it, {} to {} replicas", *owner.least, *owner.most);
  // Paused at a number of replicas it keeps that number, so it would undo a drill all the same.
  if (paused_at != annotations.end()) {
    owner.evidence += "; paused at " + paused_at->second + " replicas, which it keeps";
  } else if (paused != annotations.end() && paused->second == "true") {
    owner.paused = true;
    owner.evidence += "; paused";
  }
  return owner;
}

ReplicasOwner vpa_owner(const json::value& vpa) {
  const std::string mode = text_field(vpa, "/spec/updatePolicy/updateMode");
  ReplicasOwner owner;
  owner.kind = Kind::vpa;
  owner.object = "VerticalPodAutoscaler " + name_in_namespace(vpa);
  owner.evidence = "its targetRef names it, updateMode " + (mode.empty() ? "Auto" : mode);
  owner.paused = mode == "Off" || mode == "Initial";  // these evict nothing
  return owner;
}

const std::string* find(const Labels& labels, const char* key) {
  const auto found = labels.find(key);
  return found == labels.end() ? nullptr : &found->second;
}

bool has_manager(const Workload& workload, std::string_view prefix) {
  return std::any_of(
      workload.managed_fields.begin(), workload.managed_fields.end(),
      [&](const json::value& entry) { return text_field(entry, "/manager").starts_with(prefix); });
}

bool owns_replicas(const Workload& workload, std::string_view prefix) {
  return std::any_of(workload.replicas_managers.begin(), workload.replicas_managers.end(),
                     [&](const FieldOwner& owner) { return owner.manager.starts_with(prefix); });
}

std::optional<ReplicasOwner> argo_cd_owner(const Workload& workload) {
  ReplicasOwner owner;
  owner.kind = Kind::argo_cd;
  // "APP:apps/Deployment:NAMESPACE/NAME"; a copy of the object carries it too, and then names another.
  if (const auto* tracking = find(workload.annotations, "argocd.argoproj.io/tracking-id")) {
    const std::string application = tracking->substr(0, tracking->find(':'));
    const std::string own =
        fmt::format(":apps/{}:{}/{}", to_string(workload.kind), workload.namespace_name, workload.name);
    owner.object = "Application " + application;
    owner.evidence = "annotation argocd.argoproj.io/tracking-id";
    owner.certain = tracking->ends_with(own);
    if (!owner.certain) owner.evidence += ", which names another object";
    return owner;
  }
  for (const char* label : {"argocd.argoproj.io/instance", "app.kubernetes.io/instance"}) {
    const auto* instance = find(workload.labels, label);
    if (instance == nullptr) continue;
    const bool by_argo =
        label == std::string_view("argocd.argoproj.io/instance") || has_manager(workload, "argocd");
    // A release of Helm, and whoever keeps to the recommended labels, sets the second one as well.
    const bool by_helm = find(workload.annotations, "meta.helm.sh/release-name") != nullptr;
    const bool by_flux = find(workload.labels, "kustomize.toolkit.fluxcd.io/name") != nullptr;
    if (!by_argo && (by_helm || by_flux)) continue;
    owner.object = "Application " + *instance;
    owner.evidence = std::string("label ") + label;
    owner.certain = by_argo;
    if (!by_argo) owner.evidence += ", by which Argo CD may track it";
    return owner;
  }
  if (!has_manager(workload, "argocd")) return std::nullopt;
  owner.object = "Argo CD";
  owner.evidence = "managedFields name argocd";
  return owner;
}

std::optional<ReplicasOwner> flux_owner(const Workload& workload) {
  const std::pair<const char*, const char*> kinds[] = {{"kustomize.toolkit.fluxcd.io", "Kustomization"},
                                                       {"helm.toolkit.fluxcd.io", "HelmRelease"}};
  for (const auto& [prefix, kind] : kinds) {
    const std::string label = std::string(prefix) + "/name";
    const auto* name = find(workload.labels, label.c_str());
    if (name == nullptr) continue;
    const auto* space = find(workload.labels, (std::string(prefix) + "/namespace").c_str());
    const auto* reconcile = find(workload.annotations, (std::string(prefix) + "/reconcile").c_str());
    ReplicasOwner owner;
    owner.kind = Kind::flux;
    owner.object = fmt::format("{} {}/{}", kind, space == nullptr ? "?" : *space, *name);
    owner.evidence = "label " + label;
    owner.paused = reconcile != nullptr && *reconcile == "disabled";
    if (owner.paused) owner.evidence += "; reconcile is disabled";
    return owner;
  }
  return std::nullopt;
}

std::optional<ReplicasOwner> helm_owner(const Workload& workload) {
  const auto* release = find(workload.annotations, "meta.helm.sh/release-name");
  const auto* space = find(workload.annotations, "meta.helm.sh/release-namespace");
  ReplicasOwner owner;
  owner.kind = Kind::helm;
  if (release != nullptr) {
    owner.object =
        fmt::format("release {}/{}", space == nullptr ? workload.namespace_name : *space, *release);
    owner.evidence = "annotation meta.helm.sh/release-name";
  } else if (has_manager(workload, "helm")) {
    owner.object = "Helm";
    owner.evidence = "managedFields name helm";
  } else {
    return std::nullopt;
  }
  if (owns_replicas(workload, "helm")) owner.evidence += "; spec.replicas is helm's by managedFields";
  return owner;
}

std::optional<ReplicasOwner> controller_owner(const Workload& workload) {
  if (!workload.controller) return std::nullopt;
  ReplicasOwner owner;
  owner.kind = Kind::controller;
  owner.object = to_string(*workload.controller);
  owner.evidence = "ownerReferences name it as the controller";
  return owner;
}

// Of programs that are told apart by other signs, and of people.
bool is_known_manager(const std::string& manager) {
  static constexpr std::string_view known[] = {
      our_field_manager, "kubectl", "helm", "argocd", "kustomize-controller",
      "helm-controller", "Mozilla", "k9s",  "Lens"};
  return std::any_of(std::begin(known), std::end(known),
                     [&](std::string_view prefix) { return manager.starts_with(prefix); });
}

std::vector<ReplicasOwner> manager_owners(const Workload& workload) {
  std::vector<ReplicasOwner> owners;
  for (const FieldOwner& field_owner : workload.replicas_managers) {
    if (is_known_manager(field_owner.manager)) continue;
    ReplicasOwner owner;
    owner.kind = field_owner.manager.starts_with("vpa-") ? Kind::vpa : Kind::manager;
    owner.object = "field manager " + field_owner.manager;
    owner.evidence = "it owns spec.replicas by managedFields since " + field_owner.time;
    owners.push_back(std::move(owner));
  }
  return owners;
}

// Autoscalers, of which each asks in its own words.
struct AutoscalerKind {
  Kind kind;
  std::array<const char*, 2> api_versions;  // newest first; nullptr: no other
  const char* name;
  const char* reference;  // JSON pointer to what it scales
  ReplicasOwner (*owner)(const json::value& object);
};

constexpr AutoscalerKind autoscalers[] = {
    {Kind::hpa,
     {"autoscaling/v2", "autoscaling/v1"},
     "HorizontalPodAutoscaler",
     "/spec/scaleTargetRef",
     hpa_owner},
    {Kind::keda, {"keda.sh/v1alpha1", nullptr}, "ScaledObject", "/spec/scaleTargetRef", keda_owner},
    {Kind::vpa, {"autoscaling.k8s.io/v1", nullptr}, "VerticalPodAutoscaler", "/spec/targetRef", vpa_owner}};

Task<> ask_autoscalers(Client& client, const AutoscalerKind& autoscaler, const Workload& workload,
                       ReplicasOwners& owners) {
  // Discovery first: without it, a kind that does not exist and one that we may not list look the same (403).
  ApiResult<ResourceType> type = co_await discover(client, autoscaler.api_versions[0], autoscaler.name);
  if (!type && type.error().not_found() && autoscaler.api_versions[1] != nullptr) {
    type = co_await discover(client, autoscaler.api_versions[1], autoscaler.name);
  }
  if (!type) {
    if (!type.error().not_found()) owners.unread.push_back(type.error());
    co_return;
  }
  ListRequest request;
  request.path = collection_path(*type, workload.namespace_name);
  ApiResult<ObjectList> list = co_await list_all(client, std::move(request));
  if (!list) {
    owners.unread.push_back(list.error());
    co_return;
  }
  for (const json::value& object : list->items) {
    const json::value* reference = field(object, autoscaler.reference);
    if (reference == nullptr || !targets(*reference, workload)) continue;
    if (autoscaler.kind == Kind::hpa && is_made_by_keda(object)) continue;
    owners.found.push_back(autoscaler.owner(object));
  }
}

}  // namespace

std::string_view to_string(Kind kind) {
  switch (kind) {
    case Kind::hpa:
      return "hpa";
    case Kind::keda:
      return "keda";
    case Kind::vpa:
      return "vpa";
    case Kind::argo_cd:
      return "argocd";
    case Kind::flux:
      return "flux";
    case Kind::helm:
      return "helm";
    case Kind::controller:
      return "controller";
    case Kind::manager:
      return "manager";
  }
  return "?";
}

std::vector<ReplicasOwner> owners_by_metadata(const Workload& workload) {
  std::vector<ReplicasOwner> owners;
  for (auto find_owner : {argo_cd_owner, flux_owner, helm_owner, controller_owner}) {
    if (auto owner = find_owner(workload)) owners.push_back(std::move(*owner));
  }
  for (ReplicasOwner& owner : manager_owners(workload)) owners.push_back(std::move(owner));
  for (ReplicasOwner& owner : owners) {
    owner.object = printable(owner.object);
    owner.evidence = printable(owner.evidence);
  }
  return owners;
}

Task<ReplicasOwners> find_replicas_owners(Client& client, Workload workload) {
  ReplicasOwners owners;
  for (const AutoscalerKind& autoscaler : autoscalers) {
    co_await ask_autoscalers(client, autoscaler, workload, owners);
  }
  for (ReplicasOwner& owner : owners_by_metadata(workload)) owners.found.push_back(std::move(owner));
  co_return owners;
}

}  // namespace meshdrill::kube
