#include "drill/safety/recovery.hpp"

#include "drill/change/ownership.hpp"
#include "drill/change/restore.hpp"
#include "drill/safety/lock.hpp"
#include "drill/safety/renewal.hpp"

#include <array>
#include <exception>
#include <map>
#include <optional>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <fmt/format.h>

namespace meshdrill::drill {
namespace {

// By our own clock only: the holder's may be wrong. A second more than the holder has, for the time that a
// request takes.
constexpr std::chrono::seconds patience{lock_duration_seconds + 1};
// A write that the dead had sent may be carried out after its death: that long after all is as it was it must
// still be so.
constexpr std::chrono::seconds aftermath{2};
// A cluster that does not answer is asked again.
constexpr int attempts = 3;
constexpr std::chrono::milliseconds between_attempts{700};

// What the holder of a Lease is called while somebody recovers; a drill's run begins with the drill's name.
constexpr std::string_view recover_prefix = "recover@";

struct Left {
  const Cluster* cluster = nullptr;
  kube::Lease lease;
};

Recovery failed(const Cluster& cluster, std::string message, bool may_pass) {
  return {cluster.name, Recovery::Outcome::failed, std::move(message), may_pass};
}

Recovery alive(const Cluster& cluster, const kube::Lease& lease) {
  const bool by_recover = lease.holder.starts_with(recover_prefix);
  return {cluster.name, Recovery::Outcome::alive,
          by_recover
              ? fmt::format("{} is at work on it", lease.holder)
              : fmt::format("drill {} is running; interrupt it where it runs, and it restores by itself",
                            lease.holder),
          false};
}

// Unique among all who may recover, on whatever machine.
std::string recovery_run() {
  return fmt::format("{}{}-{}", recover_prefix, host_name(), ::getpid());
}

Task<> sleep(Executor executor, Duration duration) {
  Timer timer{executor, duration};
  co_await timer.async_wait(await);
}

// Known to be dead, without watching: the run that the caller saw die, and our own earlier tries.
bool is_dead(const kube::Lease& lease, const RecoverOptions& options) {
  return !lease.holder.empty() && (lease.holder == options.dead || lease.holder == recovery_run());
}

Task<Recovery> restore_from(const Cluster& cluster, Record record, RecoverOptions options) {
  const Duration look_again = record.run == options.dead ? Duration{aftermath} : Duration::zero();
  const PutBack done = co_await put_back(*cluster.client, record.changes, options.limit, look_again);
  if (!done.problem.empty()) {
    co_return failed(cluster, with_commands(done.problem, cluster.context, record.changes), done.may_pass);
  }
  const std::vector<OwnershipReport> reports =
      co_await settle_ownership(*cluster.client, record.changes, record.ownership);
  std::vector<std::string> names;
  for (const Change& change : record.changes) names.push_back("put back " + describe_restore(change));
  std::string message = fmt::format("{} (drill {})", fmt::join(names, ", "), record.run);
  for (const OwnershipReport& report : reports) {
    if (!report.same) message += "; " + describe(report);
  }
  co_return Recovery{cluster.name, Recovery::Outcome::restored, std::move(message), false};
}

// Takes the Lease with the record in it. Somebody who was quicker is alive, and left to his work.
Task<Recovery> take_over(const Cluster& cluster, Lock& lock, kube::Lease seen) {
  Result<> taken = co_await lock.take_over(seen);
  Recovery recovery;
  recovery.cluster = cluster.name;
  recovery.outcome = Recovery::Outcome::restored;
  recovery.message =
      fmt::format("released the lock of drill {}, which had changed nothing here", seen.holder);
  if (taken) co_return recovery;
  const kube::ApiResult<std::optional<kube::Lease>> now = co_await find_lease(*cluster.client);
  const bool changed = now && *now && (*now)->resource_version != seen.resource_version;
  if (changed && left_behind(**now)) co_return alive(cluster, **now);
  recovery.outcome = Recovery::Outcome::clean;
  recovery.message = "somebody else recovered it";
  if (changed) co_return recovery;
  co_return failed(cluster, taken.error().message, true);
}

// `left` has not been renewed for as long as its holder would have had to.
Task<Recovery> recover_from(Left left, RecoverOptions options) {
  const Cluster& cluster = *left.cluster;
  const Result<std::optional<Record>> record = record_of(left.lease);
  if (!record && !options.forget) co_return failed(cluster, record.error().message, false);
  const std::string run = run_of(left.lease);
  // Also a record that this version cannot read.
  if (options.forget) left.lease.annotations.erase(record_annotation);
  const auto lock = std::make_shared<Lock>(*cluster.client, recovery_run(), "meshdrill recover");
  Recovery recovery = co_await take_over(cluster, *lock, left.lease);
  if (recovery.outcome != Recovery::Outcome::restored) co_return recovery;
  Renewal renewal{cluster.client->executor(),
                  {{}, [](const Lock&) {}, [](const Lock&, const std::string&) {}}};
  renewal.add(lock);
  if (options.forget) {
    recovery.message = fmt::format("forgot what drill {} had changed", run);
  } else if (*record) {
    recovery = co_await restore_from(cluster, **record, options);
  }
  renewal.stop();
  if (recovery.outcome == Recovery::Outcome::failed) {
    // The record stays for the next try, whoever makes it.
    co_await lock->leave();
    co_return recovery;
  }
  Result<> released = co_await lock->release();
  if (!released) recovery.message += "; the Lease could not be released: " + released.error().message;
  co_return recovery;
}

Task<kube::ApiResult<std::optional<kube::Lease>>> ask_again(const Cluster& cluster) {
  for (int attempt = 1;; ++attempt) {
    kube::ApiResult<std::optional<kube::Lease>> lease = co_await find_lease(*cluster.client);
    const bool again = !lease && lease.error().kind != kube::ApiError::Kind::invalid && attempt < attempts;
    if (!again) co_return lease;
    co_await sleep(cluster.client->executor(), between_attempts);
  }
}

}  // namespace

Task<std::vector<Recovery>> recover(const std::vector<Cluster>& clusters, RecoverOptions options) {
  std::vector<Recovery> recoveries;
  std::map<std::size_t, Left> left;  // by index into recoveries
  bool watch = false;                // whether somebody may be alive
  for (const Cluster& cluster : clusters) {
    kube::ApiResult<std::optional<kube::Lease>> lease = co_await ask_again(cluster);
    Recovery recovery{cluster.name, Recovery::Outcome::clean, "nothing was left behind", false};
    if (!lease) recovery = failed(cluster, to_string(lease.error()), true);
    if (lease && *lease && left_behind(**lease)) {
      watch = watch || !is_dead(**lease, options);
      left[recoveries.size()] = Left{&cluster, **lease};
    }
    recoveries.push_back(std::move(recovery));
  }
  if (left.empty()) co_return recoveries;
  if (watch) {
    options.talk(fmt::format("found traces of drill {}; watching for {} s whether it is still alive",
                             run_of(left.begin()->second.lease), patience.count()));
  }
  const Duration wait = watch ? Duration{patience} : Duration{aftermath};
  co_await sleep(left.begin()->second.cluster->client->executor(), wait);
  for (auto& [index, before] : left) {
    const Cluster& cluster = *before.cluster;
    kube::ApiResult<std::optional<kube::Lease>> now = co_await ask_again(cluster);
    if (!now || !*now) {
      recoveries[index] =
          failed(cluster, now ? "the drill's Lease was deleted meanwhile" : to_string(now.error()), !now);
      continue;
    }
    if (!left_behind(**now)) continue;  // it came to its end by itself
    const bool dead = is_dead(**now, options);
    if ((*now)->resource_version != before.lease.resource_version && !dead) {
      recoveries[index] = alive(cluster, **now);
      continue;
    }
    before.lease = std::move(**now);
    recoveries[index] = co_await recover_from(before, options);
    if (options.done) options.done(recoveries[index]);
  }
  co_return recoveries;
}

std::vector<Recovery> recover_now(asio::io_context& io, const std::vector<Cluster>& clusters,
                                  RecoverOptions options) {
  std::vector<Recovery> done;
  std::exception_ptr broken;
  io.restart();
  asio::co_spawn(io, recover(clusters, std::move(options)),
                 [&](std::exception_ptr error, std::vector<Recovery> recoveries) {
                   broken = std::move(error);
                   done = std::move(recoveries);
                 });
  io.run();
  if (broken) std::rethrow_exception(broken);
  return done;
}

std::string_view to_string(Recovery::Outcome outcome) {
  static constexpr std::array<std::string_view, 4> names{"clean", "restored", "alive", "failed"};
  return names.at(static_cast<std::size_t>(outcome));
}

}  // namespace meshdrill::drill
