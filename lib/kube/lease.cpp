#include "kube/lease.hpp"

#include "kube/codec.hpp"
#include "kube/json_fields.hpp"

#include <utility>

namespace meshdrill::kube {

namespace json = boost::json;

namespace {

Lease parse_lease(const json::value& object) {
  Lease lease;
  lease.namespace_name = text_field(object, "/metadata/namespace");
  lease.name = text_field(object, "/metadata/name");
  lease.uid = text_field(object, "/metadata/uid");
  lease.resource_version = text_field(object, "/metadata/resourceVersion");
  lease.annotations = labels_field(object, "/metadata/annotations");
  lease.holder = text_field(object, "/spec/holderIdentity");
  lease.duration_seconds = count_field(object, "/spec/leaseDurationSeconds");
  lease.acquired = parse_micro_time(text_field(object, "/spec/acquireTime"));
  lease.renewed = parse_micro_time(text_field(object, "/spec/renewTime"));
  lease.transitions = count_field(object, "/spec/leaseTransitions");
  if (object.is_object()) lease.object = object.get_object();
  return lease;
}

void set_time(json::object& spec, std::string_view key, const std::optional<MicroTime>& time) {
  if (time) {
    spec[key] = format_micro_time(*time);
  } else {
    spec.erase(key);
  }
}

json::value to_json(const Lease& lease) {
  json::object object = lease.object;
  object["apiVersion"] = "coordination.k8s.io/v1";
  object["kind"] = "Lease";
  json::object& metadata = subobject(object, "metadata");
  metadata["namespace"] = lease.namespace_name;
  metadata["name"] = lease.name;
  metadata["annotations"] = labels_object(lease.annotations);
  if (!lease.uid.empty()) metadata["uid"] = lease.uid;
  if (!lease.resource_version.empty()) metadata["resourceVersion"] = lease.resource_version;
  json::object& spec = subobject(object, "spec");
  spec["holderIdentity"] = lease.holder;
  spec["leaseDurationSeconds"] = lease.duration_seconds;
  spec["leaseTransitions"] = lease.transitions;
  set_time(spec, "acquireTime", lease.acquired);
  set_time(spec, "renewTime", lease.renewed);
  return object;
}

}  // namespace

Task<ApiResult<Lease>> read_lease(Client& client, ObjectRef lease) {
  Request request;
  request.path = object_path(lease);
  ApiResult<json::value> answer = co_await client.request(std::move(request));
  co_return answer.map(parse_lease);
}

Task<ApiResult<Lease>> create_lease(Client& client, Lease lease) {
  Request request;
  request.method = Method::post;
  request.path = collection_path(leases(), lease.namespace_name);
  request.body = to_json(lease);
  ApiResult<json::value> answer = co_await client.request(std::move(request));
  co_return answer.map(parse_lease);
}

Task<ApiResult<Lease>> update_lease(Client& client, Lease lease) {
  const ObjectRef reference(leases(), lease.namespace_name, lease.name);
  Request request;
  request.method = Method::put;
  request.path = object_path(reference);
  if (lease.resource_version.empty()) {
    co_return tl::unexpected(error_about(client.connection(), request, ApiError::Kind::invalid,
                                         "a Lease is written only over the version that was read"));
  }
  request.body = to_json(lease);
  ApiResult<json::value> answer = co_await client.request(std::move(request));
  co_return answer.map(parse_lease);
}

}  // namespace meshdrill::kube
