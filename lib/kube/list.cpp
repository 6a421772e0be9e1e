#include "kube/list.hpp"

#include "kube/json_fields.hpp"
#include "kube/list_each.hpp"

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

Task<ApiResult<std::string>> list_each(Client& client, ListRequest request, Duration timeout,
                                       ListTaker taker) {
  std::string token;
  int restarts = 0;
  while (true) {
    Request page = page_request(request, token);
    page.timeout = timeout;
    ApiResult<boost::json::value> answer = co_await client.request(std::move(page));
    if (!answer) {
      const bool expired = answer.error().is(410) && !token.empty();
      if (!expired || restarts++ == restart_limit) co_return tl::unexpected(answer.error());
      token.clear();
      taker.restart();
      continue;
    }
    for (const auto& item : array_field(*answer, "/items")) taker.take(item);
    token = text_field(*answer, "/metadata/continue");
    if (token.empty()) co_return text_field(*answer, "/metadata/resourceVersion");
  }
}

Task<ApiResult<ObjectList>> list_all(Client& client, ListRequest request) {
  ObjectList list;
  ListTaker taker;
  taker.take = [&list](const boost::json::value& object) { list.items.push_back(object); };
  taker.restart = [&list] { list.items.clear(); };
  const Duration timeout = Request{}.timeout;
  ApiResult<std::string> version = co_await list_each(client, std::move(request), timeout, std::move(taker));
  if (!version) co_return tl::unexpected(version.error());
  list.resource_version = std::move(*version);
  co_return list;
}

}  // namespace meshdrill::kube
