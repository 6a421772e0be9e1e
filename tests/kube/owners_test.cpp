// Who else sets the replicas.
#include "kube/owners.hpp"

#include "kube/support/api.hpp"

#include <algorithm>

#include <doctest/doctest.h>

using namespace meshdrill;
using namespace meshdrill::kube;
using namespace meshdrill::kube::test;
namespace json = boost::json;
using Kind = ReplicasOwner::Kind;

namespace {

// A Deployment shop/api with `metadata` beside its name.
Workload workload(const std::string& metadata, const std::string& kind = "Deployment") {
  return parse_workload(*workload_kind(kind), json::parse(R"({"metadata":{"name":"api","namespace":"shop")" +
                                                          (metadata.empty() ? "" : "," + metadata) +
                                                          R"(},"spec":{"replicas":2}})"));
}

// The one owner that the metadata tells of.
ReplicasOwner only_owner(const std::string& metadata) {
  const auto owners = owners_by_metadata(workload(metadata));
  REQUIRE(owners.size() == 1);
  return owners.front();
}

}  // namespace

TEST_CASE("nobody owns a workload that kubectl made") {
  CHECK(owners_by_metadata(workload("")).empty());
  CHECK(owners_by_metadata(workload(R"("labels":{"app":"api"},"managedFields":[
      {"manager":"kubectl-client-side-apply","operation":"Update","fieldsV1":{"f:spec":{"f:replicas":{}}}},
      {"manager":"meshdrill","operation":"Update","fieldsV1":{"f:spec":{"f:replicas":{}}}},
      {"manager":"kube-controller-manager","operation":"Update","fieldsV1":{"f:status":{}}}])"))
            .empty());
}

TEST_CASE("Argo CD is known by its tracking") {
  const ReplicasOwner owner =
      only_owner(R"("annotations":{"argocd.argoproj.io/tracking-id":"front:apps/Deployment:shop/api"})");
  CHECK(owner.kind == Kind::argo_cd);
  CHECK(owner.object == "Application front");
  CHECK(owner.certain);
  CHECK_FALSE(
      only_owner(R"("annotations":{"argocd.argoproj.io/tracking-id":"front:apps/Deployment:shop/other"})")
          .certain);
  CHECK(only_owner(R"("labels":{"argocd.argoproj.io/instance":"front"})").certain);
  const ReplicasOwner maybe = only_owner(R"("labels":{"app.kubernetes.io/instance":"front"})");
  CHECK(maybe.kind == Kind::argo_cd);
  CHECK_FALSE(maybe.certain);
}

TEST_CASE("Flux is known by its labels and may be paused") {
  const std::string labels = R"("labels":{"kustomize.toolkit.fluxcd.io/name":"apps",
      "kustomize.toolkit.fluxcd.io/namespace":"flux-system","app.kubernetes.io/instance":"x"})";
  const ReplicasOwner owner = only_owner(labels);
  CHECK(owner.kind == Kind::flux);
  CHECK(owner.object == "Kustomization flux-system/apps");
  CHECK_FALSE(owner.paused);
  CHECK(only_owner(labels + R"(,"annotations":{"kustomize.toolkit.fluxcd.io/reconcile":"disabled"})").paused);
  CHECK(only_owner(
            R"("labels":{"helm.toolkit.fluxcd.io/name":"api","helm.toolkit.fluxcd.io/namespace":"shop"})")
            .object == "HelmRelease shop/api");
}

TEST_CASE("Helm is known by its release and not taken for Argo CD") {
  const ReplicasOwner owner = only_owner(R"("labels":{"app.kubernetes.io/managed-by":"Helm",
      "app.kubernetes.io/instance":"front"},"annotations":{"meta.helm.sh/release-name":"front",
      "meta.helm.sh/release-namespace":"shop"},"managedFields":[
      {"manager":"helm","operation":"Apply","fieldsV1":{"f:spec":{"f:replicas":{}}}}])");
  CHECK(owner.kind == Kind::helm);
  CHECK(owner.object == "release shop/front");
  CHECK(owner.evidence.find("spec.replicas is helm's") != std::string::npos);
}

TEST_CASE("an operator's object and an unknown field manager are named") {
  const ReplicasOwner made = only_owner(R"("ownerReferences":[
      {"apiVersion":"x/v1","kind":"Whatever","name":"w","uid":"1"},
      {"apiVersion":"shop.example/v1","kind":"Storefront","name":"main","uid":"2","controller":true}])");
  CHECK(made.kind == Kind::controller);
  CHECK(made.object == "Storefront main");
  const ReplicasOwner manager = only_owner(R"("managedFields":[{"manager":"night-scaler","operation":"Update",
      "time":"2026-01-01T00:00:00Z","fieldsV1":{"f:spec":{"f:replicas":{}}}}])");
  CHECK(manager.kind == Kind::manager);
  CHECK(manager.object == "field manager night-scaler");
}

TEST_CASE("autoscalers are asked for where the cluster has their kinds") {
  Api api;
  api.server.then(answer(200, R"({"resources":[{"name":"horizontalpodautoscalers",
      "kind":"HorizontalPodAutoscaler","namespaced":true}]})"));
  api.server.then(answer(200, R"({"items":[
      {"metadata":{"name":"api","namespace":"shop"},"spec":{"minReplicas":2,"maxReplicas":10,
        "scaleTargetRef":{"apiVersion":"apps/v1","kind":"Deployment","name":"api"}}},
      {"metadata":{"name":"keda-hpa-api","namespace":"shop","ownerReferences":[
        {"apiVersion":"keda.sh/v1alpha1","kind":"ScaledObject","name":"api","controller":true}]},
        "spec":{"maxReplicas":4,"scaleTargetRef":{"apiVersion":"apps/v1","kind":"Deployment","name":"api"}}},
      {"metadata":{"name":"db","namespace":"shop"},"spec":{"maxReplicas":4,
        "scaleTargetRef":{"apiVersion":"apps/v1","kind":"StatefulSet","name":"api"}}},
      {"metadata":{"name":"roll","namespace":"shop"},"spec":{"maxReplicas":4,
        "scaleTargetRef":{"apiVersion":"argoproj.io/v1alpha1","kind":"Deployment","name":"api"}}}]})"));
  api.server.then(
      answer(200, R"({"resources":[{"name":"scaledobjects","kind":"ScaledObject","namespaced":true}]})"));
  api.server.then(answer(200, R"({"items":[{"metadata":{"name":"queue","namespace":"shop",
      "annotations":{"autoscaling.keda.sh/paused":"true"}},
      "spec":{"scaleTargetRef":{"name":"api"},"maxReplicaCount":30}}]})"));
  api.server.then(refuse(404, "NotFound", "the server could not find the requested resource"));
  const ReplicasOwners owners = run(api.io, find_replicas_owners(api.client, workload("")));
  CHECK(owners.unread.empty());
  REQUIRE(owners.found.size() == 2);
  CHECK(owners.found[0].kind == Kind::hpa);
  CHECK(owners.found[0].object == "HorizontalPodAutoscaler shop/api");
  CHECK(owners.found[0].least == 2);
  CHECK(owners.found[0].most == 10);
  CHECK(owners.found[1].kind == Kind::keda);
  CHECK(owners.found[1].object == "ScaledObject shop/queue");
  CHECK(owners.found[1].least == 0);
  CHECK(owners.found[1].most == 30);
  CHECK(owners.found[1].paused);
  CHECK(api.server.seen().at(1).target ==
        "/apis/autoscaling/v2/namespaces/shop/horizontalpodautoscalers?limit=500");
}

TEST_CASE("what may not be asked is said") {
  Api api;
  // Kubernetes before 1.23 has autoscaling/v1 only.
  api.server.then(refuse(404, "NotFound", "the server could not find the requested resource"));
  api.server.then(answer(200, R"({"resources":[{"name":"horizontalpodautoscalers",
      "kind":"HorizontalPodAutoscaler","namespaced":true}]})"));
  api.server.then(refuse(403, "Forbidden", "horizontalpodautoscalers.autoscaling is forbidden"));
  api.server.then(refuse(404, "NotFound", "none"));
  api.server.then(refuse(404, "NotFound", "none"));
  const ReplicasOwners owners = run(
      api.io, find_replicas_owners(api.client, workload(R"("labels":{"argocd.argoproj.io/instance":"a"})")));
  REQUIRE(owners.unread.size() == 1);
  CHECK(owners.unread[0].is(403));
  REQUIRE(owners.found.size() == 1);
  CHECK(owners.found[0].kind == Kind::argo_cd);
}
