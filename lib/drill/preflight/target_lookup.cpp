#include "drill/preflight/target_lookup.hpp"

#include "drill/change/change.hpp"
#include "kube/json_fields.hpp"
#include "kube/pods.hpp"

#include <algorithm>
#include <set>

#include <fmt/format.h>

namespace meshdrill::drill {
namespace {

namespace json = boost::json;
using kube::Workload;

using Found = Result<std::vector<Workload>>;

kube::ResourceType ingresses() {
  return {"networking.k8s.io", "v1", "ingresses", true};
}

bool same(const Workload& one, const Workload& other) {
  return one.uid == other.uid;
}

Task<Found> by_name(kube::Client& client, const WorkloadName& wanted) {
  std::vector<Workload> found;
  for (const kube::WorkloadKind kind : kube::workload_kinds) {
    if (!wanted.kind.empty() && wanted.kind != kube::to_string(kind)) continue;
    kube::ApiResult<Workload> read =
        co_await kube::read_workload(client, kind, wanted.object.ns, wanted.object.name);
    if (read) {
      found.push_back(std::move(*read));
    } else if (!read.error().not_found()) {
      co_return fail(to_string(read.error()));
    }
  }
  const std::string kind = wanted.kind.empty() ? "workload" : wanted.kind;
  if (found.empty()) co_return fail(fmt::format("there is no {} {}", kind, to_string(wanted.object)));
  if (found.size() > 1)
    co_return fail(fmt::format("{} and {} have one name: write the kind in front of it",
                               kube::to_string(found[0]), kube::to_string(found[1])));
  co_return found;
}

Task<Found> by_label(kube::Client& client, std::string ns, std::string selector) {
  std::vector<Workload> found;
  for (const kube::WorkloadKind kind : kube::workload_kinds) {
    kube::ApiResult<std::vector<Workload>> listed = co_await kube::list_workloads(client, kind, ns, selector);
    if (!listed) co_return fail(to_string(listed.error()));
    std::move(listed->begin(), listed->end(), std::back_inserter(found));
  }
  if (found.empty())
    co_return fail(fmt::format("no workload in namespace {} has the labels {}", ns, selector));
  co_return found;
}

// The names of the Services that an Ingress leads to; the first is the default backend's, or the first
// rule's.
std::vector<std::string> services_of(const json::value& ingress) {
  std::vector<std::string> names;
  const auto add = [&](const json::value& backend, std::string_view pointer) {
    const std::string name = kube::text_field(backend, pointer);
    if (!name.empty() && std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
  };
  add(ingress, "/spec/defaultBackend/service/name");
  for (const json::value& rule : kube::array_field(ingress, "/spec/rules")) {
    for (const json::value& path : kube::array_field(rule, "/http/paths")) add(path, "/backend/service/name");
  }
  return names;
}

// Those of the Service that have replicas, and what would go on answering for it beside them.
Task<Result<>> add_behind(kube::Client& client, const ObjectName& name, WorkloadChoice& choice) {
  const kube::ObjectRef reference(kube::services(), name.ns, name.name);
  kube::ApiResult<kube::Service> service = co_await kube::read_service(client, reference);
  if (!service) co_return fail(to_string(service.error()));
  if (service->selector.empty())
    co_return fail(fmt::format("Service {} has no selector: nobody can say which workloads are behind it",
                               to_string(name)));
  kube::ApiResult<std::vector<Workload>> behind = co_await kube::workloads_behind(client, *service);
  if (!behind) co_return fail(to_string(behind.error()));
  kube::ApiResult<std::vector<kube::Pod>> pods = co_await kube::list_pods(client, name.ns, std::string());
  if (!pods) co_return fail(to_string(pods.error()));
  std::vector<kube::Pod> selected;
  for (kube::Pod& pod : *pods) {
    if (kube::selects(service->selector, pod.labels) && !pod.deleting) selected.push_back(std::move(pod));
  }
  for (const kube::Pod& pod : kube::pods_of_others(selected, *behind)) {
    if (!pod.ready) continue;
    choice.problems.push_back(fmt::format(
        "Pod {} is behind Service {} as well, and belongs to {}: the drill would leave it answering",
        pod.name, to_string(name), pod.controller ? kube::to_string(*pod.controller) : "nobody"));
  }
  for (Workload& workload : *behind) {
    const bool known = std::any_of(choice.workloads.begin(), choice.workloads.end(),
                                   [&](const Workload& other) { return same(workload, other); });
    if (!known && workload.replicas > 0) choice.workloads.push_back(std::move(workload));
  }
  co_return Result<>();
}

Task<Result<>> add_behind_ingress(kube::Client& client, const ObjectName& name, WorkloadChoice& choice) {
  const kube::ObjectRef reference(ingresses(), name.ns, name.name);
  kube::Request request;
  request.path = kube::object_path(reference);
  kube::ApiResult<json::value> ingress = co_await client.request(std::move(request));
  if (!ingress) co_return fail(to_string(ingress.error()));
  const std::vector<std::string> services = services_of(*ingress);
  if (services.empty()) co_return fail(fmt::format("Ingress {} leads to no Service", to_string(name)));
  choice.service = {name.ns, services.front()};
  for (const std::string& service : services) {
    const ObjectName behind{name.ns, service};
    Result<> added = co_await add_behind(client, behind, choice);
    if (!added) co_return added;
  }
  co_return Result<>();
}

// What else is behind the Service, when the file chose by name or label.
Task<> remark_rest(kube::Client& client, WorkloadChoice& choice) {
  WorkloadChoice all;
  Result<> behind = co_await add_behind(client, choice.service, all);
  if (!behind) co_return;
  for (const Workload& workload : all.workloads) {
    const bool chosen = std::any_of(choice.workloads.begin(), choice.workloads.end(),
                                    [&](const Workload& other) { return same(workload, other); });
    if (!chosen)
      choice.remarks.push_back(fmt::format("{} is behind Service {} as well, and stays",
                                           kube::to_string(workload), to_string(choice.service)));
  }
}

Task<Result<>> choose(kube::Client& client, const Target& target, WorkloadChoice& choice) {
  if (target.ingress) {
    co_return co_await add_behind_ingress(client, *target.ingress, choice);
  }
  if (target.workloads.empty() && target.selector.empty()) {
    co_return co_await add_behind(client, target.service, choice);
  }
  if (!target.selector.empty()) {
    Found found = co_await by_label(client, target.selector_namespace, target.selector);
    if (!found) co_return tl::unexpected(found.error());
    choice.workloads = std::move(*found);
  }
  for (const WorkloadName& name : target.workloads) {
    Found found = co_await by_name(client, name);
    if (!found) co_return tl::unexpected(found.error());
    choice.workloads.push_back(std::move(found->front()));
  }
  co_await remark_rest(client, choice);
  co_return Result<>();
}

constexpr const char* nginx_selector =
    "app.kubernetes.io/name=ingress-nginx,app.kubernetes.io/component=controller";

}  // namespace

Task<Result<WorkloadChoice>> look_up_workloads(kube::Client& client, Target target) {
  WorkloadChoice choice;
  choice.service = target.service;
  Result<> chosen = co_await choose(client, target, choice);
  if (!chosen) co_return tl::unexpected(chosen.error());
  std::erase_if(choice.workloads, [](const Workload& workload) { return workload.replicas == 0; });
  co_return choice;
}

Task<Result<std::vector<kube::Workload>>> look_up_infrastructure(kube::Client& client, Fault fault,
                                                                 const mesh::Mesh& mesh) {
  if (fault.workload) {
    co_return co_await by_name(client, *fault.workload);
  }
  if (fault.kind == Fault::Kind::control_plane) {
    const WorkloadName apiserver{"Deployment", {mesh.cilium.kube_namespace, "clustermesh-apiserver"}};
    co_return co_await by_name(client, apiserver);
  }
  if (!mesh.ingress || mesh.ingress->controller != mesh::Ingress::Controller::nginx) {
    co_return fail(
        "this mesh has no ingress controller with Pods of its own: say which workload it is, as in "
        "fault: {ingressController: NAMESPACE/NAME}");
  }
  Found found = co_await by_label(client, mesh.ingress->kube_namespace, std::string(nginx_selector));
  if (!found) co_return found;
  // Two releases may share a namespace.
  std::erase_if(*found, [&](const Workload& workload) {
    const auto instance = workload.labels.find("app.kubernetes.io/instance");
    return instance != workload.labels.end() && instance->second != mesh.ingress->release;
  });
  if (found->empty())
    co_return fail(fmt::format("no ingress controller of the release {} is in namespace {}",
                               mesh.ingress->release, mesh.ingress->kube_namespace));
  co_return found;
}

}  // namespace meshdrill::drill
