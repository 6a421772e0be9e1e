#include "kube/access.hpp"

#include "kube/json_fields.hpp"
#include "kube/resource.hpp"

#include <utility>

namespace meshdrill::kube {

namespace json = boost::json;

namespace {

json::value review_of(const AccessQuestion& question) {
  json::object attributes;
  const auto add = [&](std::string_view key, const std::string& value) {
    if (!value.empty()) attributes[key] = value;
  };
  add("verb", question.verb);
  add("group", question.group);
  add("resource", question.resource);
  add("subresource", question.subresource);
  add("namespace", question.namespace_name);
  add("name", question.name);
  return json::object{{"apiVersion", "authorization.k8s.io/v1"},
                      {"kind", "SelfSubjectAccessReview"},
                      {"spec", {{"resourceAttributes", std::move(attributes)}}}};
}

AccessAnswer parse_answer(const json::value& review) {
  AccessAnswer answer;
  answer.allowed = boolean_field(review, "/status/allowed");
  answer.denied = boolean_field(review, "/status/denied");
  answer.reason = text_field(review, "/status/reason");
  answer.evaluation_error = text_field(review, "/status/evaluationError");
  return answer;
}

}  // namespace

std::string to_string(const AccessQuestion& question) {
  std::string text = question.verb + ' ' + question.resource;
  if (!question.group.empty()) text += '.' + question.group;
  if (!question.subresource.empty()) text += '/' + question.subresource;
  if (!question.name.empty()) text += " \"" + question.name + '"';
  return text + (question.namespace_name.empty() ? " in all namespaces"
                                                 : " in namespace " + question.namespace_name);
}

Task<ApiResult<AccessAnswer>> ask_access(Client& client, AccessQuestion question) {
  Request request;
  request.method = Method::post;
  request.path = collection_path(self_subject_access_reviews(), {});
  request.body = review_of(question);
  request.changes_nothing = true;
  ApiResult<json::value> answer = co_await client.request(std::move(request));
  co_return answer.map(parse_answer);
}

}  // namespace meshdrill::kube
