#include "kube/pods.hpp"

#include "kube/guarded_change.hpp"
#include "kube/json_fields.hpp"
#include "kube/list.hpp"

#include <utility>

#include <boost/json/object.hpp>

namespace meshdrill::kube {

namespace json = boost::json;

namespace {

bool is_ready(const json::value& pod) {
  for (const auto& condition : array_field(pod, "/status/conditions")) {
    if (text_field(condition, "/type") == "Ready") return text_field(condition, "/status") == "True";
  }
  return false;
}

Request delete_request(const ObjectRef& pod, const PodDeletion& deletion) {
  json::object options{
      {"apiVersion", "v1"}, {"kind", "DeleteOptions"}, {"preconditions", {{"uid", deletion.uid}}}};
  if (deletion.grace_seconds) options["gracePeriodSeconds"] = *deletion.grace_seconds;
  Request request;
  request.method = Method::remove;
  request.path = object_path(pod);
  request.body = std::move(options);
  request.dry_run = deletion.dry_run;
  return request;
}

// "Wanted" is a Pod that is ending, "foreign" another one of its name.
class PodRemover final : public GuardedChange {
 public:
  PodRemover(Client& client, const PodDeletion& deletion)
      : GuardedChange(client, deletion.timeout),
        pod_(pods(), deletion.namespace_name, deletion.name),
        deletion_(deletion) {}

 private:
  Task<ApiResult<View>> look(Duration timeout) override {
    ApiResult<json::value> answer = co_await read(pod_, timeout);
    if (!answer) co_return tl::unexpected(answer.error());
    const Pod pod = parse_pod(*answer);
    if (pod.uid != deletion_.uid) co_return View::foreign;
    co_return pod.deleting ? View::wanted : View::expected;
  }

  Task<ApiResult<void>> write(Duration timeout) override {
    Request request = delete_request(pod_, deletion_);
    request.timeout = timeout;
    ApiResult<json::value> answer = co_await client_.request(std::move(request));
    if (!answer && !answer.error().not_found()) co_return tl::unexpected(answer.error());
    co_return ApiResult<void>();
  }

  ObjectRef pod_;
  PodDeletion deletion_;
};

}  // namespace

std::string to_string(const Controller& controller) {
  return controller.kind + ' ' + controller.name;
}

std::optional<Controller> parse_controller(const json::value& object) {
  for (const auto& owner : array_field(object, "/metadata/ownerReferences")) {
    if (!boolean_field(owner, "/controller")) continue;
    return Controller{.api_version = text_field(owner, "/apiVersion"),
                      .kind = text_field(owner, "/kind"),
                      .name = text_field(owner, "/name"),
                      .uid = text_field(owner, "/uid")};
  }
  return std::nullopt;
}

Pod parse_pod(const json::value& object) {
  Pod pod;
  pod.namespace_name = text_field(object, "/metadata/namespace");
  pod.name = text_field(object, "/metadata/name");
  pod.uid = text_field(object, "/metadata/uid");
  pod.resource_version = text_field(object, "/metadata/resourceVersion");
  pod.labels = labels_field(object, "/metadata/labels");
  pod.node = text_field(object, "/spec/nodeName");
  pod.phase = text_field(object, "/status/phase");
  pod.ready = is_ready(object);
  pod.deleting = !text_field(object, "/metadata/deletionTimestamp").empty();
  pod.controller = parse_controller(object);
  return pod;
}

Task<ApiResult<std::vector<Pod>>> list_pods(Client& client, std::string namespace_name,
                                            std::string label_selector) {
  ListRequest request;
  request.path = collection_path(pods(), namespace_name);
  request.label_selector = std::move(label_selector);
  ApiResult<ObjectList> list = co_await list_all(client, std::move(request));
  if (!list) co_return tl::unexpected(list.error());
  std::vector<Pod> found;
  found.reserve(list->items.size());
  for (const auto& item : list->items) found.push_back(parse_pod(item));
  co_return found;
}

Task<PodDeleted> delete_pod(Client& client, PodDeletion deletion) {
  PodRemover remover(client, deletion);
  const ChangeOutcome outcome = co_await remover.run();
  PodDeleted result;
  result.error = remover.error();
  if (outcome == ChangeOutcome::unsettled) {
    result.outcome = PodDeleted::Outcome::unsettled;
  } else if (outcome != ChangeOutcome::failed) {
    // Once we have asked for it, a Pod that is not there any more went because of us, or just before us: to a
    // drill that is the same.
    result.outcome = remover.writes() > 0 ? PodDeleted::Outcome::deleted : PodDeleted::Outcome::gone;
  }
  co_return result;
}

}  // namespace meshdrill::kube
