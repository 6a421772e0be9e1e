// Services, as far as a drill needs to know them.
#pragma once

#include "kube/client.hpp"
#include "kube/labels.hpp"
#include "kube/resource.hpp"

#include <string>

#include <boost/json/value.hpp>

namespace meshdrill::kube {

struct Service {
  std::string namespace_name;
  std::string name;
  std::string uid;
  std::string resource_version;
  Labels annotations;
  Labels selector;  // empty: its endpoints are made by somebody else
  bool publish_not_ready_addresses = false;
};

// From the API's JSON; absent fields take the API's defaults.
Service parse_service(const boost::json::value& object);

Task<ApiResult<Service>> read_service(Client& client, ObjectRef service);

}  // namespace meshdrill::kube
