// A cluster's Kubernetes API as a function from request to answer. Everything but sockets and faults is here
// and below; see api_server.hpp for those.
#pragma once

#include "lab/api/access_rules.hpp"
#include "lab/api/api_types.hpp"
#include "lab/api/object_store.hpp"
#include "lab/api/pod_access.hpp"

#include <optional>
#include <string>

namespace meshdrill::lab {

struct ApiHandlerConfig {
  std::string version = "v1.32.4";                // what /version says
  std::string service_network = "172.30.0.0/16";  // Services get their clusterIP from it
};

struct Route;

class ApiHandler {
 public:
  // Makes the namespaces default and kube-system where they are missing. `store` must outlive it.
  explicit ApiHandler(ObjectStore& store, ApiHandlerConfig config = {});

  ApiResponse handle(const ApiRequest& request);

  // Writes an object as `kubectl apply --server-side --field-manager=MANAGER --force-conflicts` would: what
  // a lab starts with goes through the same defaults and checks as what is applied later.
  StoreResult<ObjectPtr> apply(const Object& object, const std::string& manager);

  // Who carries out pods/exec and pods/proxy; must outlive this. Until then every Pod refuses both.
  void set_pod_access(const PodAccess& access) { pod_access_ = &access; }
  [[nodiscard]] const PodAccess* pod_access() const { return pod_access_; }  // may be nullptr
  // By RBAC for the users that it is for (rbac.hpp), and by access() for all.
  [[nodiscard]] bool allows(const AccessRequest& request, const ApiUser& user) const;
  // The refusal when these say no.
  [[nodiscard]] std::optional<StoreError> denies(const Route& route, const ApiUser& user) const;

  [[nodiscard]] ObjectStore& store() const { return store_; }
  [[nodiscard]] const ApiHandlerConfig& config() const { return config_; }
  [[nodiscard]] AccessRules& access() { return access_; }

 private:
  ObjectStore& store_;
  ApiHandlerConfig config_;
  AccessRules access_;
  const PodAccess* pod_access_ = nullptr;
};

}  // namespace meshdrill::lab
