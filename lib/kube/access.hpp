// Asks the API whether we may do something.
#pragma once

#include "kube/client.hpp"

#include <string>

namespace meshdrill::kube {

struct AccessQuestion {
  std::string verb;   // get, list, watch, create, update, patch, delete
  std::string group;  // empty for the core group
  std::string resource;
  std::string subresource;
  std::string namespace_name;  // empty: all namespaces
  std::string name;            // empty: any
};

struct AccessAnswer {
  bool allowed = false;  // false with denied false means "no opinion", which is still no
  bool denied = false;
  std::string reason;
  std::string evaluation_error;  // the authorizer could not say
};

// "update deployments.apps/scale in namespace default": how messages name it.
std::string to_string(const AccessQuestion& question);

Task<ApiResult<AccessAnswer>> ask_access(Client& client, AccessQuestion question);

}  // namespace meshdrill::kube
