// Server-side apply of a manifest of any kind the API knows.
#pragma once

#include "kube/client.hpp"
#include "kube/resource.hpp"

#include <string>

#include <boost/json/value.hpp>

namespace meshdrill::kube {

struct ApplyOptions {
  std::string field_manager = "meshdrill";
  std::string default_namespace = "default";  // for manifests of namespaced kinds that name none
  bool force = false;                         // take over fields that other managers own
  bool dry_run = false;
};

// Where the API keeps objects of this kind, asked of its discovery (GET /api/v1, /apis/GROUP/VERSION). A kind
// that it does not know is an api error 404.
Task<ApiResult<ResourceType>> discover(Client& client, std::string api_version, std::string kind);

// Applies `manifest` (an object with apiVersion, kind and metadata.name) and returns what stands then. A
// manifest without those is an `invalid` error.
Task<ApiResult<boost::json::value>> apply(Client& client, boost::json::value manifest, ApplyOptions options);

}  // namespace meshdrill::kube
