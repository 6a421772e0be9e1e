#include "drill/restore.hpp"

#include "drill/change_write.hpp"
#include "kube/workloads.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace meshdrill::drill {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds first_pause{100};
constexpr milliseconds longest_pause{2000};
constexpr milliseconds poll{250};

Task<> sleep(Executor executor, Duration duration) {
  Timer timer{executor, duration};
  co_await timer.async_wait(try_await);
}

Task<Undone> undo_one(kube::Client& client, Change change, Clock::time_point deadline) {
  Undone undone;
  undone.change = change;
  Duration pause = first_pause;
  for (;;) {
    ChangeResult result = co_await undo_change(client, change);
    undone.stands = result.stands();
    undone.problem = std::move(result.message);
    if (result.final() || Clock::now() + pause >= deadline) co_return undone;
    co_await sleep(client.executor(), pause);
    pause = std::min<Duration>(pause * 2, longest_pause);
  }
}

// What keeps the workload from being as it was; empty when nothing does.
Task<std::string> missing(kube::Client& client, Change change) {
  const kube::ApiResult<kube::Deployment> read = co_await kube::read_deployment(client, reference(change));
  if (!read) co_return to_string(read.error());
  if (read->uid != change.uid) co_return name_of(change) + " is another object than before the drill";
  const bool accepted = change.accepted && change.accepted->contains(read->replicas);
  if (read->replicas != change.replicas && !accepted) {
    co_return fmt::format("{} asks for {} replicas instead of {}", name_of(change), read->replicas,
                          change.replicas);
  }
  if (!read->rolled_out()) {
    co_return fmt::format("{} has {} of {} replicas ready", name_of(change), read->ready_replicas,
                          read->replicas);
  }
  co_return std::string{};
}

}  // namespace

Task<std::vector<Undone>> undo_changes(kube::Client& client, std::vector<Change> changes, Duration limit) {
  const Clock::time_point deadline = Clock::now() + limit;
  std::vector<Undone> done;
  for (const Change& change : changes) {
    Undone one = co_await undo_one(client, change, deadline);
    done.push_back(std::move(one));
  }
  co_return done;
}

Task<std::string> verify_changes(kube::Client& client, std::vector<Change> changes, Duration limit) {
  const Clock::time_point deadline = Clock::now() + limit;
  for (;;) {
    std::string problem;
    for (const Change& change : changes) {
      problem = co_await missing(client, change);
      if (!problem.empty()) break;
    }
    if (problem.empty() || Clock::now() + poll >= deadline) co_return problem;
    co_await sleep(client.executor(), poll);
  }
}

}  // namespace meshdrill::drill
