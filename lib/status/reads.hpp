// What `status` reads, and the RBAC rule that each read needs: the one place for both. docs/rbac.md has the
// same rules as a ClusterRole, and a test holds it to them.
#pragma once

#include "kube/resource.hpp"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace meshdrill::status {

enum class ReadId {
  settings,
  agents,
  envoy,
  cilium_operator,
  apiserver,
  apiserver_service,
  secrets,
  nodes,
  cilium_nodes,
  pods,
  exec,
  metrics,
  services,
  endpoint_slices,
  namespaces,
  ingresses,
  ingress_classes,
  ingress_pods,
  http_routes,
  gateways,
  gateway_classes,
  service_exports,
  service_imports,
};

struct Read {
  ReadId id;
  kube::ResourceType type;
  std::string_view subresource;  // "exec"; empty: none
  std::string_view verbs;        // "get", "list", "get, create"
  std::string_view names;        // the objects, where RBAC can name them: "cilium"; several with ", "
  bool in_cilium_namespace;      // a Role there is enough
  std::string_view what;         // "Cilium's settings (ConfigMap cilium-config)"
};

std::span<const Read> reads();
const Read& read_of(ReadId id);

// "{apiGroups: [\"\"], resources: [configmaps], resourceNames: [cilium-config], verbs: [get]}".
std::string rbac_rule(const Read& read);

}  // namespace meshdrill::status
