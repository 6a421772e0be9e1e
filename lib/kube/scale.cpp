#include "kube/scale.hpp"

#include "kube/json_fields.hpp"

#include <utility>

namespace meshdrill::kube {

namespace json = boost::json;

namespace {

constexpr Duration request_timeout = std::chrono::seconds{10};

Scale parse_scale(const json::value& object) {
  Scale scale;
  scale.uid = text_field(object, "/metadata/uid");
  scale.resource_version = text_field(object, "/metadata/resourceVersion");
  scale.replicas = count_field(object, "/spec/replicas");
  scale.status_replicas = count_field(object, "/status/replicas");
  return scale;
}

json::value scale_body(const ObjectRef& workload, const Scale& read, int replicas) {
  return json::object{{"apiVersion", "autoscaling/v1"},
                      {"kind", "Scale"},
                      {"metadata",
                       {{"name", workload.name},
                        {"namespace", workload.namespace_name},
                        {"uid", read.uid},
                        {"resourceVersion", read.resource_version}}},
                      {"spec", {{"replicas", replicas}}}};
}

Task<ApiResult<Scale>> fetch(Client& client, const ObjectRef& workload, Duration timeout) {
  Request request;
  request.path = object_path(workload, "scale");
  request.timeout = timeout;
  ApiResult<json::value> answer = co_await client.request(std::move(request));
  co_return answer.map(parse_scale);
}

Task<ScaleWrite> put(Client& client, const ObjectRef& workload, const Scale& read, int replicas, bool dry_run,
                     Duration timeout) {
  Request request;
  request.method = Method::put;
  request.path = object_path(workload, "scale");
  request.body = scale_body(workload, read, replicas);
  request.dry_run = dry_run;
  request.timeout = timeout;
  ApiResult<json::value> answer = co_await client.request(std::move(request));
  ScaleWrite write;
  if (answer) {
    write.outcome = ScaleWrite::Outcome::written;
    write.scale = parse_scale(*answer);
    co_return write;
  }
  write.error = answer.error();
  if (answer.error().conflict()) write.outcome = ScaleWrite::Outcome::conflict;
  if (answer.error().fate_unknown() && !dry_run) write.outcome = ScaleWrite::Outcome::ambiguous;
  co_return write;
}

class ReplicasWriter final : public GuardedChange {
 public:
  ReplicasWriter(Client& client, ObjectRef workload, const ReplicasChange& change)
      : GuardedChange(client, change.timeout), workload_(std::move(workload)), change_(change) {}

  [[nodiscard]] const std::optional<Scale>& seen() const { return seen_; }

 private:
  Task<ApiResult<View>> look(Duration timeout) override {
    ApiResult<Scale> scale = co_await fetch(client_, workload_, timeout);
    if (!scale) co_return tl::unexpected(scale.error());
    seen_ = *scale;
    if (scale->uid != change_.uid) co_return View::foreign;
    if (scale->replicas == change_.wanted) co_return View::wanted;
    co_return scale->replicas == change_.expected ? View::expected : View::foreign;
  }

  Task<ApiResult<void>> write(Duration timeout) override {
    ScaleWrite done = co_await put(client_, workload_, *seen_, change_.wanted, false, timeout);
    if (done.outcome != ScaleWrite::Outcome::written) co_return tl::unexpected(*done.error);
    seen_ = done.scale;
    co_return ApiResult<void>();
  }

  ObjectRef workload_;
  ReplicasChange change_;
  std::optional<Scale> seen_;
};

}  // namespace

Task<ApiResult<Scale>> read_scale(Client& client, ObjectRef workload) {
  co_return co_await fetch(client, workload, request_timeout);
}

Task<ScaleWrite> write_scale(Client& client, ObjectRef workload, Scale read, int replicas, bool dry_run) {
  co_return co_await put(client, workload, read, replicas, dry_run, request_timeout);
}

Task<ReplicasResult> set_replicas(Client& client, ObjectRef workload, ReplicasChange change) {
  ReplicasWriter writer(client, std::move(workload), change);
  ReplicasResult result;
  result.outcome = co_await writer.run();
  result.seen = writer.seen();
  result.error = writer.error();
  result.writes = writer.writes();
  co_return result;
}

}  // namespace meshdrill::kube
