#include "kube/services.hpp"

#include "kube/json_fields.hpp"

#include <utility>

namespace meshdrill::kube {

namespace json = boost::json;

Service parse_service(const json::value& object) {
  Service service;
  service.namespace_name = text_field(object, "/metadata/namespace");
  service.name = text_field(object, "/metadata/name");
  service.uid = text_field(object, "/metadata/uid");
  service.resource_version = text_field(object, "/metadata/resourceVersion");
  service.annotations = labels_field(object, "/metadata/annotations");
  service.selector = labels_field(object, "/spec/selector");
  service.publish_not_ready_addresses = boolean_field(object, "/spec/publishNotReadyAddresses");
  return service;
}

Task<ApiResult<Service>> read_service(Client& client, ObjectRef service) {
  Request request;
  request.path = object_path(service);
  ApiResult<json::value> answer = co_await client.request(std::move(request));
  co_return answer.map(parse_service);
}

}  // namespace meshdrill::kube
