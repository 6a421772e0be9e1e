#include "kube/events.hpp"

#include "kube/resource.hpp"

#include <utility>

#include <boost/json/object.hpp>
#include <fmt/format.h>

namespace meshdrill::kube {

namespace json = boost::json;

namespace {

constexpr std::size_t note_limit = 1024;
constexpr std::size_t word_limit = 128;

// At most `limit` bytes, never half a character.
std::string cut(std::string text, std::size_t limit) {
  if (text.size() <= limit) return text;
  while (limit > 0 && (static_cast<unsigned char>(text[limit]) & 0xC0U) == 0x80U) --limit;
  text.resize(limit);
  return text;
}

json::value to_json(const EventNotice& notice, const std::string& namespace_name) {
  json::object regarding{{"apiVersion", notice.api_version}, {"kind", notice.kind}, {"name", notice.name}};
  if (!notice.namespace_name.empty()) regarding["namespace"] = notice.namespace_name;
  if (!notice.uid.empty()) regarding["uid"] = notice.uid;
  return json::object{
      {"apiVersion", "events.k8s.io/v1"},
      {"kind", "Event"},
      {"metadata", {{"generateName", cut(notice.name, word_limit) + '-'}, {"namespace", namespace_name}}},
      {"eventTime", format_micro_time(notice.time)},
      {"reportingController", "meshdrill"},
      {"reportingInstance", cut(notice.instance.empty() ? "meshdrill" : notice.instance, word_limit)},
      {"type", notice.type == EventNotice::Type::warning ? "Warning" : "Normal"},
      {"reason", cut(notice.reason, word_limit)},
      {"action", cut(notice.action, word_limit)},
      {"regarding", std::move(regarding)},
      {"note", cut(notice.note, note_limit)}};
}

}  // namespace

Task<ApiResult<void>> post_event(Client& client, EventNotice notice) {
  const std::string namespace_name = notice.namespace_name.empty() ? "default" : notice.namespace_name;
  Request request;
  request.method = Method::post;
  request.path = collection_path(events(), namespace_name);
  request.body = to_json(notice, namespace_name);
  request.timeout = std::chrono::seconds{5};
  ApiResult<json::value> answer = co_await client.request(std::move(request));
  if (!answer) co_return tl::unexpected(answer.error());
  co_return ApiResult<void>();
}

}  // namespace meshdrill::kube
