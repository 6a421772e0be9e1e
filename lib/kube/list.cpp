#include "kube/list.hpp"

#include "kube/json_fields.hpp"

#include <utility>

namespace meshdrill::kube {

namespace {

constexpr int restart_limit = 3;

Request page_request(const ListRequest& list, const std::string& token) {
  Request request;
  request.path = list.path;
  request.query.emplace_back("limit", std::to_string(list.page_size));
  if (!list.label_selector.empty()) request.query.emplace_back("labelSelector", list.label_selector);
  if (!list.field_selector.empty()) request.query.emplace_back("fieldSelector", list.field_selector);
  if (!token.empty()) request.query.emplace_back("continue", token);
  return request;
}

}  // namespace

Task<ApiResult<ObjectList>> list_all(Client& client, ListRequest request) {
  ObjectList list;
  std::string token;
  int restarts = 0;
  while (true) {
    Request page = page_request(request, token);
    ApiResult<boost::json::value> answer = co_await client.request(std::move(page));
    if (!answer) {
      const bool expired = answer.error().is(410) && !token.empty();
      if (!expired || restarts++ == restart_limit) co_return tl::unexpected(answer.error());
      token.clear();
      list.items.clear();
      continue;
    }
    for (const auto& item : array_field(*answer, "/items")) list.items.push_back(item);
    list.resource_version = text_field(*answer, "/metadata/resourceVersion");
    token = text_field(*answer, "/metadata/continue");
    if (token.empty()) co_return list;
  }
}

}  // namespace meshdrill::kube
