// A cluster's Kubernetes API as a function from request to answer. Everything but sockets and faults is here
// and below; see api_server.hpp for those.
#pragma once

#include "lab/api/access_rules.hpp"
#include "lab/api/api_types.hpp"
#include "lab/api/object_store.hpp"

#include <string>

namespace meshdrill::lab {

struct ApiHandlerConfig {
  std::string version = "v1.32.4";                // what /version says
  std::string service_network = "172.30.0.0/16";  // Services get their clusterIP from it
};

class ApiHandler {
 public:
  // Makes the namespaces default and kube-system where they are missing. `store` must outlive it.
  explicit ApiHandler(ObjectStore& store, ApiHandlerConfig config = {});

  ApiResponse handle(const ApiRequest& request);

  // Writes an object as `kubectl apply --server-side --field-manager=MANAGER --force-conflicts` would: what
  // a lab starts with goes through the same defaults and checks as what is applied later.
  StoreResult<ObjectPtr> apply(const Object& object, const std::string& manager);

  [[nodiscard]] ObjectStore& store() { return store_; }
  [[nodiscard]] const ApiHandlerConfig& config() const { return config_; }
  [[nodiscard]] AccessRules& access() { return access_; }

 private:
  ObjectStore& store_;
  ApiHandlerConfig config_;
  AccessRules access_;
};

}  // namespace meshdrill::lab
