#include "drill/lock.hpp"

#include "base/text.hpp"

#include <fmt/format.h>

namespace meshdrill::drill {
namespace {

// Somebody's write between our read and our write is normal once or twice, not for ever.
constexpr int attempts = 5;

kube::ObjectRef lease_reference() {
  return {kube::leases(), lease_namespace, lease_name};
}

kube::MicroTime now() {
  return std::chrono::time_point_cast<std::chrono::microseconds>(std::chrono::system_clock::now());
}

std::string when(const std::optional<kube::MicroTime>& time) {
  return time ? kube::format_micro_time(*time).substr(0, 19) + "Z" : "an unknown time";
}

// Who holds it, since when, and what to do if he is dead.
tl::unexpected<Error> held_by_other(const std::string& cluster, const kube::Lease& lease) {
  const auto who = lease.annotations.find(holder_annotation);
  const std::string holder =
      lease.holder.empty() ? std::string{"a drill that was cut short"}
                           : fmt::format("run {}{}", lease.holder,
                                         who == lease.annotations.end() ? "" : " (" + who->second + ")");
  const bool unrestored = lease.annotations.contains(record_annotation);
  return fail(
      printable(fmt::format("{}: another drill has this mesh: {} holds the lock since {} and renewed it last "
                            "at {}{}. If it is dead, run: "
                            "meshdrill recover",
                            cluster, holder, when(lease.acquired), when(lease.renewed),
                            unrestored ? "; what it changed is not put back yet" : "")));
}

}  // namespace

Task<Result<std::optional<kube::Lease>>> find_lease(kube::Client& client) {
  kube::ApiResult<kube::Lease> lease = co_await kube::read_lease(client, lease_reference());
  if (!lease && lease.error().not_found()) co_return std::optional<kube::Lease>{};
  if (!lease) co_return fail(to_string(lease.error()));
  co_return std::optional<kube::Lease>{std::move(*lease)};
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

Task<Result<>> Lock::acquire() {
  Result<std::optional<kube::Lease>> found = co_await find_lease(client_);
  if (!found) co_return tl::unexpected(found.error());
  if (!*found) {
    kube::Lease fresh;
    fill(fresh, run_);
    kube::ApiResult<kube::Lease> created = co_await kube::create_lease(client_, fresh);
    if (!created) co_return fail(to_string(created.error()));
    co_return Result<>{};
  }
  kube::Lease& lease = **found;
  // A record without a holder is a drill that was cut short as well: its workloads are not ours to touch.
  const bool free = lease.holder.empty() && !lease.annotations.contains(record_annotation);
  if (!free) co_return held_by_other(client_.connection().name, lease);
  fill(lease, run_);
  // Guarded by the resourceVersion of the read above: of two drills that saw it free, one gets a 409.
  kube::ApiResult<kube::Lease> taken = co_await kube::update_lease(client_, lease);
  if (!taken) co_return fail(to_string(taken.error()));
  co_return Result<>{};
}

Task<Result<>> Lock::take_over(kube::Lease seen) {
  Result<std::optional<Record>> record = record_of(seen);
  if (!record) co_return tl::unexpected(record.error());
  record_ = std::move(*record);
  fill(seen, run_);
  kube::ApiResult<kube::Lease> taken = co_await kube::update_lease(client_, seen);
  if (!taken) co_return fail(to_string(taken.error()));
  co_return Result<>{};
}

Task<Result<>> Lock::keep(std::optional<Record> record) {
  record_ = std::move(record);
  co_return co_await write(run_);
}

Task<Result<>> Lock::renew() {
  co_return co_await write(run_);
}

Task<Result<>> Lock::release() {
  record_.reset();
  co_return co_await write("");
}

Task<Result<>> Lock::write(std::string holder) {
  std::string last;
  for (int attempt = 0; attempt < attempts; ++attempt) {
    Result<std::optional<kube::Lease>> found = co_await find_lease(client_);
    if (!found) co_return tl::unexpected(found.error());
    if (!*found) co_return fail(fmt::format("{}: the drill's Lease was deleted", client_.connection().name));
    kube::Lease lease = std::move(**found);
    if (lease.holder != run_) co_return held_by_other(client_.connection().name, lease);
    fill(lease, holder);
    kube::ApiResult<kube::Lease> written = co_await kube::update_lease(client_, lease);
    if (written) co_return Result<>{};
    last = to_string(written.error());
    const bool again = written.error().conflict() || written.error().kind == kube::ApiError::Kind::ambiguous;
    if (!again) break;
  }
  co_return fail(last);
}

}  // namespace meshdrill::drill
