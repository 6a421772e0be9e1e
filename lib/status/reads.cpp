#include "status/reads.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace meshdrill::status {
namespace {

constexpr std::string_view secret_names =
    "cilium-clustermesh, cilium-kvstoremesh, clustermesh-apiserver-admin-cert, "
    "clustermesh-apiserver-local-cert, "
    "clustermesh-apiserver-remote-cert, clustermesh-apiserver-server-cert";

}  // namespace

std::span<const Read> reads() {
  using enum ReadId;
  // clang-format off
  static const auto table = std::to_array<Read>({
      {settings, {"", "v1", "configmaps", true}, "", "get", "cilium-config", true, "Cilium's settings (ConfigMap cilium-config)"},
      {agents, {"apps", "v1", "daemonsets", true}, "", "get", "cilium", true, "the agents (DaemonSet cilium)"},
      {envoy, {"apps", "v1", "daemonsets", true}, "", "get", "cilium-envoy", true, "Envoy (DaemonSet cilium-envoy)"},
      {cilium_operator, {"apps", "v1", "deployments", true}, "", "get", "cilium-operator", true, "the operator (Deployment cilium-operator)"},
      {apiserver, {"apps", "v1", "deployments", true}, "", "get", "clustermesh-apiserver", true, "the Deployment clustermesh-apiserver"},
      {apiserver_service, {"", "v1", "services", true}, "", "get", "clustermesh-apiserver", true, "the Service clustermesh-apiserver"},
      {secrets, {"", "v1", "secrets", true}, "", "get", secret_names, true, "the peers and certificates (Secrets)"},
      {nodes, {"", "v1", "nodes", false}, "", "list", "", false, "the Nodes"},
      {cilium_nodes, {"cilium.io", "v2", "ciliumnodes", false}, "", "list", "", false, "the CiliumNodes"},
      {pods, {"", "v1", "pods", true}, "", "list", "", false, "Cilium's Pods"},
      {exec, {"", "v1", "pods", true}, "exec", "get, create", "", true, "the agents' view of their peers (pods/exec)"},
      {metrics, {"", "v1", "pods", true}, "proxy", "get", "", true, "the agents' metrics (pods/proxy)"},
      {services, {"", "v1", "services", true}, "", "list", "", false, "the Services"},
      {endpoint_slices, {"discovery.k8s.io", "v1", "endpointslices", true}, "", "list", "", false, "the EndpointSlices of global Services"},
      {namespaces, {"", "v1", "namespaces", false}, "", "list", "", false, "the Namespaces"},
      {ingresses, {"networking.k8s.io", "v1", "ingresses", true}, "", "list", "", false, "the Ingresses"},
      {ingress_classes, {"networking.k8s.io", "v1", "ingressclasses", false}, "", "list", "", false, "the IngressClasses"},
      {ingress_pods, {"", "v1", "pods", true}, "", "list", "", false, "the ingress controller's Pods"},
      {http_routes, {"gateway.networking.k8s.io", "v1", "httproutes", true}, "", "list", "", false, "the HTTPRoutes"},
      {gateways, {"gateway.networking.k8s.io", "v1", "gateways", true}, "", "list", "", false, "the Gateways"},
      {gateway_classes, {"gateway.networking.k8s.io", "v1", "gatewayclasses", false}, "", "list", "", false, "the GatewayClasses"},
      {service_exports, {"multicluster.x-k8s.io", "v1alpha1", "serviceexports", true}, "", "list", "", false, "the ServiceExports"},
      {service_imports, {"multicluster.x-k8s.io", "v1alpha1", "serviceimports", true}, "", "list", "", false, "the ServiceImports"},
  });
  // clang-format on
  return table;
}

const Read& read_of(ReadId id) {
  return *std::ranges::find(reads(), id, &Read::id);
}

std::string rbac_rule(const Read& read) {
  std::string resource = read.type.plural;
  if (!read.subresource.empty()) resource += "/" + std::string(read.subresource);
  const std::string names = read.names.empty() ? "" : fmt::format("resourceNames: [{}], ", read.names);
  return fmt::format("{{apiGroups: [\"{}\"], resources: [{}], {}verbs: [{}]}}", read.type.group, resource,
                     names, read.verbs);
}

}  // namespace meshdrill::status
