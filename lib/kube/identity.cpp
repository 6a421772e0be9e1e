#include "kube/identity.hpp"

#include "kube/codec.hpp"
#include "kube/json_fields.hpp"
#include "kube/resource.hpp"

#include <utility>

namespace meshdrill::kube {

Task<ApiResult<std::string>> cluster_uid(Client& client) {
  const ObjectRef kube_system(namespaces(), {}, "kube-system");
  Request request;
  request.path = object_path(kube_system);
  ApiResult<boost::json::value> answer = co_await client.request(request);
  if (!answer) co_return tl::unexpected(answer.error());
  std::string uid = text_field(*answer, "/metadata/uid");
  if (uid.empty()) {
    co_return tl::unexpected(error_about(client.connection(), request, ApiError::Kind::transport,
                                         "the answer has no uid, so the server is no Kubernetes API"));
  }
  co_return uid;
}

}  // namespace meshdrill::kube
