#include "status/reader.hpp"

#include "kube/endpoint_counter.hpp"

#include <algorithm>

namespace meshdrill::status {

namespace json = boost::json;

namespace {

// Nodes with long lists of images are some 20 KiB each, and 20 clusters are read at the same time.
constexpr int page_size = 250;

}  // namespace

using kube::ApiError;

Task<json::value> Reader::get(ReadId id, std::string kube_namespace, std::string name) {
  if (given_up()) co_return json::value(nullptr);
  const Read& read = read_of(id);
  const kube::ObjectRef object{read.type, std::move(kube_namespace), std::move(name)};
  kube::Request request;
  request.path = kube::object_path(object);
  request.timeout = timeout_;
  kube::ApiResult<json::value> answer = co_await client_.request(std::move(request));
  if (answer) {
    cluster_.reachable = true;
    co_return std::move(*answer);
  }
  if (answer.error().not_found()) {
    cluster_.reachable = true;
  } else {
    note(id, answer.error());
  }
  co_return json::value(nullptr);
}

Task<bool> Reader::each(ReadId id, std::string kube_namespace, std::string label_selector,
                        kube::ListTaker taker) {
  if (given_up()) co_return false;
  const Read& read = read_of(id);
  kube::ListRequest request;
  request.path = kube::collection_path(read.type, kube_namespace);
  request.label_selector = std::move(label_selector);
  request.page_size = page_size;
  kube::ApiResult<std::string> answer = co_await kube::list_each(client_, request, timeout_, taker);
  if (!answer && answer.error().not_found() && id == ReadId::endpoint_slices) {
    request.path = kube::collection_path(kube::endpoint_slices_before_1_21(), kube_namespace);
    answer = co_await kube::list_each(client_, request, timeout_, taker);
  }
  if (answer || answer.error().not_found()) {
    cluster_.reachable = true;
  } else {
    taker.restart();
    note(id, answer.error());
  }
  co_return answer.has_value();
}

bool Reader::given_up() const {
  return !cluster_.reachable && !cluster_.unread.empty();
}

void Reader::note(ReadId id, const ApiError& error) {
  cluster_.refused = cluster_.refused || error.is(401);
  const bool answered = error.kind == ApiError::Kind::api && !error.is(401);
  cluster_.reachable = cluster_.reachable || answered;
  const std::string what(read_of(id).what);
  const bool again = std::any_of(cluster_.unread.begin(), cluster_.unread.end(), [&](const Unread& unread) {
    return unread.what == what || (!answered && !cluster_.reachable);
  });
  if (again) return;
  cluster_.unread.push_back({what, to_string(error), error.is(403) ? rbac_rule(read_of(id)) : std::string{}});
}

}  // namespace meshdrill::status
