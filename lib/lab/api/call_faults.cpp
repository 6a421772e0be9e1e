#include "lab/api/call_faults.hpp"

#include "lab/api/api_status.hpp"

namespace meshdrill::lab {

CallFaults::CallFaults(ApiFaults& faults, const ApiRequest& request)
    : faults_(faults),
      request_(request),
      target_(parse_target(request.target).value_or(Target())),
      route_(find_route(target_, request.method)),
      resource_(route_ ? resource_path(*route_) : std::string()) {}

std::optional<Duration> CallFaults::delay() {
  const auto latency = strike(Kind::latency);
  return latency ? std::optional(latency->delay) : std::nullopt;
}

bool CallFaults::closes() {
  return strike(Kind::close).has_value();
}

std::optional<ApiResponse> CallFaults::refusal() {
  if (strike(Kind::unauthorized)) return to_response(unauthorized());
  if (const auto busy = strike(Kind::too_many_requests))
    return to_response(too_many_requests(busy->retry_after));
  if (strike(Kind::internal_error)) return to_response(internal_error("the lab was told to fail"));
  if (!is_write()) return std::nullopt;
  if (strike(Kind::refused)) return to_response(denied_by_webhook());
  const bool updates = request_.method == "PUT" || request_.method == "PATCH";
  if (updates && !is_dry_run() && strike(Kind::conflict))
    return to_response(modified_conflict(route_->type->plural, route_->name));
  return std::nullopt;
}

bool CallFaults::loses_answer(const ApiResponse& response) {
  const bool written = is_write() && !is_dry_run() && response.status < 300;
  return written && strike(Kind::lost_answer);
}

bool CallFaults::expires_watch() {
  return strike(Kind::expired_watch).has_value();
}

std::optional<ApiFault> CallFaults::strike(Kind kind) {
  return faults_.strike(kind, request_.method, resource_);
}

bool CallFaults::is_write() const {
  return request_.method != "GET" && request_.method != "HEAD" && route_ && route_->type->persisted;
}

bool CallFaults::is_dry_run() const {
  return !target_.option("dryRun").empty();
}

}  // namespace meshdrill::lab
