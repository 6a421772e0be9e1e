#include "kube/guarded_change.hpp"

#include <algorithm>
#include <utility>

namespace meshdrill::kube {

namespace {

constexpr Duration request_timeout = std::chrono::seconds{10};
constexpr Duration longest_pause = std::chrono::seconds{10};
constexpr int conflict_limit = 10;

// A refusal that trying again will not change.
bool is_final(const ApiError& error) {
  if (error.kind == ApiError::Kind::invalid || error.kind == ApiError::Kind::cancelled) return true;
  return error.kind == ApiError::Kind::api && error.http_status < 500 && error.http_status != 429 &&
         error.http_status != 408;
}

}  // namespace

GuardedChange::GuardedChange(Client& client, Duration timeout)
    : client_(client),
      deadline_(Clock::now() + timeout),
      back_off_(std::chrono::milliseconds{100}, std::chrono::seconds{2}) {}

Task<ChangeOutcome> GuardedChange::run() {
  while (Clock::now() < deadline_) {
    const std::optional<ChangeOutcome> seen = co_await try_look();
    if (seen) co_return settle(*seen);
    if (fresh_) {
      const std::optional<ChangeOutcome> written = co_await try_write();
      if (written) co_return settle(*written);
    }
    const bool waited = co_await rest();
    if (!waited) break;
  }
  co_return settle(ChangeOutcome::failed);
}

Task<ApiResult<boost::json::value>> GuardedChange::read(ObjectRef object, Duration timeout) {
  Request request;
  request.path = object_path(object);
  request.timeout = timeout;
  co_return co_await client_.request(std::move(request));
}

Task<std::optional<ChangeOutcome>> GuardedChange::try_look() {
  fresh_ = false;
  const Duration time = time_left();
  ApiResult<View> view = co_await look(time);
  if (!view) {
    error_ = view.error();
    if (view.error().not_found()) co_return ChangeOutcome::gone;
    if (is_final(view.error())) co_return ChangeOutcome::failed;
    co_return std::nullopt;
  }
  if (*view == View::foreign) co_return ChangeOutcome::foreign;
  if (*view == View::wanted) co_return undecided_ ? ChangeOutcome::written : ChangeOutcome::already;
  fresh_ = true;
  co_return std::nullopt;
}

Task<std::optional<ChangeOutcome>> GuardedChange::try_write() {
  ++writes_;
  const Duration time = time_left();
  ApiResult<void> done = co_await write(time);
  if (done) co_return ChangeOutcome::written;
  error_ = done.error();
  if (error_->conflict()) {
    if (++conflicts_ > conflict_limit) co_return ChangeOutcome::failed;
    back_off_.reset();  // the API is well, only busy: its controllers write the status all the time
    co_return std::nullopt;
  }
  if (error_->fate_unknown()) {
    undecided_ = true;
    co_return std::nullopt;
  }
  if (is_final(*error_)) co_return ChangeOutcome::failed;
  co_return std::nullopt;
}

Task<bool> GuardedChange::rest() {
  Duration wait = back_off_.next();
  if (error_ && error_->retry_after) wait = std::max(wait, std::min(*error_->retry_after, longest_pause));
  wait = std::min<Duration>(wait, std::max<Duration>(deadline_ - Clock::now(), Duration::zero()));
  co_return co_await pause(client_.executor(), wait);
}

// A write that is on its way may still land after we have given up.
ChangeOutcome GuardedChange::settle(ChangeOutcome outcome) const {
  return outcome == ChangeOutcome::failed && undecided_ ? ChangeOutcome::unsettled : outcome;
}

Duration GuardedChange::time_left() const {
  return std::min<Duration>(deadline_ - Clock::now(), request_timeout);
}

}  // namespace meshdrill::kube
