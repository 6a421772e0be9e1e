#include "kube/scale.hpp"

#include "kube/json_fields.hpp"
#include "kube/pause.hpp"

#include <algorithm>
#include <utility>

namespace meshdrill::kube {

namespace json = boost::json;

namespace {

using Outcome = ReplicasResult::Outcome;

constexpr Duration request_timeout = std::chrono::seconds{10};
constexpr int conflict_limit = 10;

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

// A refusal that trying again will not change.
bool is_final(const ApiError& error) {
  if (error.kind == ApiError::Kind::invalid || error.kind == ApiError::Kind::cancelled) return true;
  return error.kind == ApiError::Kind::api && error.http_status < 500 && error.http_status != 429 &&
         error.http_status != 408;
}

// The loop of set_replicas, one step a function. Each step returns the outcome once it is known.
class ReplicasChanger {
 public:
  ReplicasChanger(Client& client, ObjectRef workload, ReplicasChange change)
      : client_(client),
        workload_(std::move(workload)),
        change_(std::move(change)),
        deadline_(Clock::now() + change_.timeout),
        back_off_(std::chrono::milliseconds{100}, std::chrono::seconds{2}) {}

  Task<ReplicasResult> run() {
    while (Clock::now() < deadline_) {
      const std::optional<Outcome> seen = co_await look();
      if (seen) co_return finish(*seen);
      if (fresh_) {
        const std::optional<Outcome> written = co_await write();
        if (written) co_return finish(*written);
      }
      const bool waited = co_await rest();
      if (!waited) break;
    }
    co_return finish(Outcome::failed);
  }

 private:
  // Sets fresh_ when the workload may be written as it was seen.
  Task<std::optional<Outcome>> look() {
    fresh_ = false;
    ApiResult<Scale> scale = co_await fetch(client_, workload_, time_left());
    if (!scale) {
      result_.error = scale.error();
      if (scale.error().not_found()) co_return Outcome::gone;
      if (is_final(scale.error())) co_return Outcome::failed;
      co_return std::nullopt;
    }
    result_.seen = *scale;
    if (scale->uid != change_.uid) co_return Outcome::foreign;
    if (scale->replicas == change_.wanted) co_return undecided_ ? Outcome::written : Outcome::already;
    if (scale->replicas != change_.expected) co_return Outcome::foreign;
    fresh_ = true;
    co_return std::nullopt;
  }

  Task<std::optional<Outcome>> write() {
    ++result_.writes;
    ScaleWrite done = co_await put(client_, workload_, *result_.seen, change_.wanted, false, time_left());
    if (done.error) result_.error = done.error;
    switch (done.outcome) {
      case ScaleWrite::Outcome::written:
        result_.seen = done.scale;
        co_return Outcome::written;
      case ScaleWrite::Outcome::conflict:
        if (++conflicts_ > conflict_limit) co_return Outcome::failed;
        back_off_.reset();  // the API is well, only busy: its controllers write the status all the time
        co_return std::nullopt;
      case ScaleWrite::Outcome::ambiguous:
        undecided_ = true;
        co_return std::nullopt;
      case ScaleWrite::Outcome::failed:
        if (is_final(*done.error)) co_return Outcome::failed;
        co_return std::nullopt;
    }
    co_return Outcome::failed;
  }

  Task<bool> rest() {
    Duration wait = back_off_.next();
    if (result_.error && result_.error->retry_after)
      wait = std::max(wait, std::min<Duration>(*result_.error->retry_after, std::chrono::seconds{10}));
    wait = std::min<Duration>(wait, std::max<Duration>(deadline_ - Clock::now(), Duration::zero()));
    co_return co_await pause(client_.executor(), wait);
  }

  ReplicasResult finish(Outcome outcome) {
    // A write that is on its way may still land after we have given up.
    result_.outcome = outcome == Outcome::failed && undecided_ ? Outcome::unsettled : outcome;
    return std::move(result_);
  }

  [[nodiscard]] Duration time_left() const {
    return std::min<Duration>(deadline_ - Clock::now(), request_timeout);
  }

  Client& client_;
  ObjectRef workload_;
  ReplicasChange change_;
  Clock::time_point deadline_;
  BackOff back_off_;
  ReplicasResult result_;
  bool fresh_ = false;
  bool undecided_ = false;  // the answer to one of our writes was lost
  int conflicts_ = 0;
};

}  // namespace

Task<ApiResult<Scale>> read_scale(Client& client, ObjectRef workload) {
  co_return co_await fetch(client, workload, request_timeout);
}

Task<ScaleWrite> write_scale(Client& client, ObjectRef workload, Scale read, int replicas, bool dry_run) {
  co_return co_await put(client, workload, read, replicas, dry_run, request_timeout);
}

Task<ReplicasResult> set_replicas(Client& client, ObjectRef workload, ReplicasChange change) {
  ReplicasChanger changer(client, std::move(workload), std::move(change));
  co_return co_await changer.run();
}

}  // namespace meshdrill::kube
