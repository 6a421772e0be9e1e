// What a client asks to learn which API this is: versions, groups, resources, and the OpenAPI documents.
#pragma once

#include "lab/api/api_route.hpp"
#include "lab/api/api_types.hpp"

#include <optional>
#include <string>

namespace meshdrill::lab {

// nullopt when the path is none of them. `version` is Kubernetes' own, as in "v1.32.4".
std::optional<ApiResponse> discover(const Target& target, const ApiRequest& request,
                                    const std::string& version);

// /openapi/v2 and /openapi/v3. They describe paths and parameters but no schemas, so that kubectl leaves
// the validation of objects to the server.
std::optional<ApiResponse> openapi(const Target& target, const ApiRequest& request,
                                   const std::string& version);

}  // namespace meshdrill::lab
