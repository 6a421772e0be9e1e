#include "drill/recovery.hpp"

#include "drill/lock.hpp"
#include "drill/ownership.hpp"
#include "drill/restore.hpp"

#include <array>
#include <map>
#include <optional>
#include <unistd.h>

#include <fmt/format.h>

namespace meshdrill::drill {
namespace {

// By our own clock only: the holder's may be wrong. A second more than the holder has, for the time that a
// request takes.
constexpr std::chrono::seconds patience{lock_duration_seconds + 1};

struct Left {
  const Cluster* cluster = nullptr;
  kube::Lease lease;
};

bool left_behind(const kube::Lease& lease) {
  return !lease.holder.empty() || lease.annotations.contains(record_annotation);
}

Recovery failed(const Cluster& cluster, std::string message) {
  return {cluster.name, Recovery::Outcome::failed, std::move(message)};
}

Task<Recovery> restore_from(const Cluster& cluster, Record record, Duration limit) {
  const std::vector<Undone> done = co_await undo_changes(*cluster.client, record.changes, limit);
  std::string problem;
  for (const Undone& undone : done) {
    if (!undone.stands && problem.empty()) problem = undone.problem;
  }
  if (problem.empty()) {
    problem = co_await verify_changes(*cluster.client, record.changes, limit);
  }
  if (!problem.empty()) co_return failed(cluster, with_commands(problem, cluster.context, record.changes));
  const std::vector<OwnershipReport> reports =
      co_await settle_ownership(*cluster.client, record.changes, record.ownership);
  std::vector<std::string> names;
  for (const Change& change : record.changes) names.push_back("put back " + describe_restore(change));
  std::string message = fmt::format("{} (drill {})", fmt::join(names, ", "), record.run);
  for (const OwnershipReport& report : reports) {
    if (!report.same) message += "; " + describe(report);
  }
  co_return Recovery{cluster.name, Recovery::Outcome::restored, std::move(message)};
}

// `left` has not been renewed for as long as its holder would have had to.
Task<Recovery> take_over(Left left, Duration limit) {
  const Cluster& cluster = *left.cluster;
  Lock lock{*cluster.client, fmt::format("recover-{}", ::getpid()), "meshdrill recover"};
  const Result<std::optional<Record>> record = record_of(left.lease);
  if (!record) co_return failed(cluster, record.error().message);
  Result<> taken = co_await lock.take_over(left.lease);
  if (!taken) co_return failed(cluster, taken.error().message);
  Recovery recovery;
  recovery.cluster = cluster.name;
  recovery.outcome = Recovery::Outcome::restored;
  recovery.message =
      fmt::format("released the lock of drill {}, which had changed nothing here", left.lease.holder);
  if (*record) {
    recovery = co_await restore_from(cluster, **record, limit);
  }
  if (recovery.outcome == Recovery::Outcome::failed) co_return recovery;
  Result<> released = co_await lock.release();
  if (!released) recovery.message += "; the Lease could not be released: " + released.error().message;
  co_return recovery;
}

Task<> sleep(Executor executor, Duration duration) {
  Timer timer{executor, duration};
  co_await timer.async_wait(await);
}

}  // namespace

Task<std::vector<Recovery>> recover(const std::vector<Cluster>& clusters, RecoverOptions options) {
  std::vector<Recovery> recoveries;
  std::map<std::size_t, Left> left;  // by index into recoveries
  for (const Cluster& cluster : clusters) {
    Result<std::optional<kube::Lease>> lease = co_await find_lease(*cluster.client);
    Recovery recovery{cluster.name, Recovery::Outcome::clean, "nothing was left behind"};
    if (!lease) recovery = failed(cluster, lease.error().message);
    if (lease && *lease && left_behind(**lease)) left[recoveries.size()] = Left{&cluster, **lease};
    recoveries.push_back(std::move(recovery));
  }
  if (left.empty()) co_return recoveries;
  options.talk(fmt::format("found traces of drill {}; watching for {} s whether it is still alive",
                           left.begin()->second.lease.holder, patience.count()));
  co_await sleep(left.begin()->second.cluster->client->executor(), patience);
  for (auto& [index, before] : left) {
    const Cluster& cluster = *before.cluster;
    Result<std::optional<kube::Lease>> now = co_await find_lease(*cluster.client);
    if (!now || !*now) {
      recoveries[index] =
          failed(cluster, now ? "the drill's Lease was deleted meanwhile" : now.error().message);
      continue;
    }
    if ((*now)->resource_version != before.lease.resource_version && left_behind(**now)) {
      recoveries[index] =
          Recovery{cluster.name, Recovery::Outcome::alive,
                   fmt::format("drill {} is running; interrupt it where it runs, and it restores by itself",
                               (*now)->holder)};
      continue;
    }
    if (!left_behind(**now)) continue;  // it came to its end by itself
    before.lease = std::move(**now);
    recoveries[index] = co_await take_over(before, options.limit);
    options.talk(fmt::format("{}: {}", cluster.name, recoveries[index].message));
  }
  co_return recoveries;
}

std::string_view to_string(Recovery::Outcome outcome) {
  static constexpr std::array<std::string_view, 4> names{"clean", "restored", "alive", "failed"};
  return names.at(static_cast<std::size_t>(outcome));
}

}  // namespace meshdrill::drill
