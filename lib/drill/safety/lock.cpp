#include "drill/safety/lock.hpp"

#include "base/text.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace meshdrill::drill {
namespace {

// How long what may pass by itself is tried again.
constexpr Duration to_write = std::chrono::seconds{10};
constexpr Duration to_renew = std::chrono::seconds{2};
constexpr std::chrono::milliseconds first_pause{50};
constexpr std::chrono::milliseconds longest_pause{1000};

kube::ObjectRef lease_reference() {
  return {kube::leases(), lease_namespace, lease_name};
}

kube::MicroTime now() {
  return std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
}

std::string when(const std::optional<kube::MicroTime>& time) {
  return time ? kube::format_micro_time(*time).substr(0, 19) + "Z" : "an unknown time";
}

// Whether the same may succeed a little later: a race with somebody's write, a lost answer, an API that is
// busy, restarts or cannot be reached.
bool may_pass(const kube::ApiError& error) {
  using Kind = kube::ApiError::Kind;
  if (error.kind == Kind::api) return error.conflict() || error.is(429) || error.http_status >= 500;
  return error.kind == Kind::ambiguous || error.kind == Kind::transport || error.kind == Kind::timeout;
}

Task<> sleep(Executor executor, Duration duration) {
  Timer timer{executor, duration};
  co_await timer.async_wait(await);
}

}  // namespace

Task<kube::ApiResult<std::optional<kube::Lease>>> find_lease(kube::Client& client) {
  kube::ApiResult<kube::Lease> lease = co_await kube::read_lease(client, lease_reference());
  if (!lease && lease.error().not_found()) co_return std::optional<kube::Lease>{};
  if (!lease) co_return tl::unexpected(lease.error());
  co_return std::optional<kube::Lease>{std::move(*lease)};
}

std::string held_by_other(const std::string& cluster, const kube::Lease& lease) {
  const auto who = lease.annotations.find(holder_annotation);
  const std::string holder =
      lease.holder.empty() ? std::string{"a drill that was cut short"}
                           : fmt::format("run {}{}", lease.holder,
                                         who == lease.annotations.end() ? "" : " (" + who->second + ")");
  const bool unrestored = lease.annotations.contains(record_annotation);
  return printable(
      fmt::format("{}: another drill has this mesh: {} holds the lock since {} and renewed it last "
                  "at {}{}. If it is dead, run: meshdrill recover",
                  cluster, holder, when(lease.acquired), when(lease.renewed),
                  unrestored ? "; what it changed is not put back yet" : ""));
}

std::string run_of(const kube::Lease& lease) {
  if (!lease.holder.empty()) return printable(lease.holder);
  const Result<std::optional<Record>> record = record_of(lease);
  return record && *record ? printable((*record)->run) : "that was cut short";
}

bool left_behind(const kube::Lease& lease) {
  return !lease.holder.empty() || lease.annotations.contains(record_annotation);
}

Result<std::optional<Record>> record_of(const kube::Lease& lease) {
  const auto annotation = lease.annotations.find(record_annotation);
  if (annotation == lease.annotations.end()) return std::optional<Record>{};
  auto record = decode_record(annotation->second);
  if (!record) return tl::unexpected(record.error());
  return std::optional<Record>{std::move(*record)};
}

void Lock::fill(kube::Lease& lease, const std::string& holder) const {
  lease.namespace_name = lease_namespace;
  lease.name = lease_name;
  if (lease.holder != holder) {
    lease.acquired = now();
    ++lease.transitions;
  }
  lease.holder = holder;
  lease.duration_seconds = lock_duration_seconds;
  lease.renewed = now();
  lease.annotations.erase(record_annotation);
  lease.annotations.erase(holder_annotation);
  if (!holder.empty()) lease.annotations[holder_annotation] = who_;
  if (record_) lease.annotations[record_annotation] = encode(*record_);
}

// Guarded by the resourceVersion of the read before: of two that saw the same, one gets a 409.
Task<kube::ApiResult<kube::Lease>> Lock::put(std::optional<kube::Lease> found, std::string holder) {
  kube::Lease lease = found.value_or(kube::Lease{});
  fill(lease, holder);
  if (found) {
    co_return co_await kube::update_lease(client_, lease);
  }
  co_return co_await kube::create_lease(client_, lease);
}

Task<Result<>> Lock::acquire() {
  const Clock::time_point deadline = Clock::now() + to_write;
  for (Duration pause = first_pause;; pause = std::min<Duration>(pause * 2, longest_pause)) {
    kube::ApiResult<std::optional<kube::Lease>> found = co_await find_lease(client_);
    std::optional<kube::ApiError> error;
    if (!found) {
      error = found.error();
    } else if (*found && (*found)->holder == run_) {
      co_return Result<>{};  // by a write of ours whose answer was lost
    } else if (*found && left_behind(**found)) {
      co_return fail(held_by_other(client_.connection().name, **found));
    } else {
      kube::ApiResult<kube::Lease> taken = co_await put(std::move(*found), run_);
      if (taken) co_return Result<>{};
      error = taken.error();
    }
    if (!may_pass(*error) || Clock::now() + pause >= deadline) co_return fail(to_string(*error));
    co_await sleep(client_.executor(), pause);
  }
}

Task<Result<>> Lock::take_over(kube::Lease seen) {
  Result<std::optional<Record>> record = record_of(seen);
  if (!record) co_return tl::unexpected(record.error());
  record_ = std::move(*record);
  const Clock::time_point deadline = Clock::now() + to_write;
  for (Duration pause = first_pause;; pause = std::min<Duration>(pause * 2, longest_pause)) {
    kube::ApiResult<kube::Lease> taken = co_await put(seen, run_);
    if (taken) co_return Result<>{};
    const kube::ApiError error = taken.error();
    // It stands if it was carried out; if not, the Lease is somebody else's still.
    if (error.fate_unknown()) {
      co_return co_await write(run_, to_write);
    }
    if (!may_pass(error) || Clock::now() + pause >= deadline) co_return fail(to_string(error));
    co_await sleep(client_.executor(), pause);
    kube::ApiResult<std::optional<kube::Lease>> found = co_await find_lease(client_);
    if (!found) continue;
    // A holder who renewed it meanwhile is alive; so is whoever was quicker.
    if (!*found || (*found)->holder != seen.holder || (*found)->renewed != seen.renewed)
      co_return fail(to_string(error));
    seen = **found;
  }
}

Task<Result<>> Lock::keep(std::optional<Record> record) {
  record_ = std::move(record);
  co_return co_await write(run_, to_write);
}

Task<Result<>> Lock::renew() {
  co_return co_await write(run_, to_renew);
}

Task<Result<>> Lock::release() {
  record_.reset();
  co_return co_await write("", to_write);
}

Task<Result<>> Lock::leave() {
  co_return co_await write("", to_renew);
}

Task<Result<>> Lock::write(std::string holder, Duration limit) {
  const Clock::time_point deadline = Clock::now() + limit;
  bool sent = false;
  for (Duration pause = first_pause;; pause = std::min<Duration>(pause * 2, longest_pause)) {
    kube::ApiResult<std::optional<kube::Lease>> found = co_await find_lease(client_);
    std::optional<kube::ApiError> error;
    if (!found) {
      error = found.error();
    } else if (holder.empty() && (!*found || (sent && (*found)->holder.empty()))) {
      co_return Result<>{};  // nothing to give up, or given up by a write of ours whose answer was lost
    } else if (*found && (*found)->holder != run_) {
      lost_ = true;
      co_return fail(held_by_other(client_.connection().name, **found));
    } else {
      kube::ApiResult<kube::Lease> written = co_await put(std::move(*found), holder);
      if (written) co_return Result<>{};
      error = written.error();
      sent = true;
    }
    if (!may_pass(*error) || Clock::now() + pause >= deadline) co_return fail(to_string(*error));
    co_await sleep(client_.executor(), pause);
  }
}

}  // namespace meshdrill::drill
