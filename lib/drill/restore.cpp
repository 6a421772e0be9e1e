#include "drill/restore.hpp"

#include "kube/scale.hpp"
#include "kube/workloads.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace meshdrill::drill {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds first_pause{100};
constexpr milliseconds longest_pause{2000};
constexpr milliseconds poll{250};

kube::ObjectRef reference(const Workload& workload) {
  return {kube::deployments(), workload.object.ns, workload.object.name};
}

Task<> sleep(Executor executor, Duration duration) {
  Timer timer{executor, duration};
  co_await timer.async_wait(try_await);
}

// Why a workload was not put back, when trying again will not help; empty otherwise.
std::string settled_problem(const kube::ReplicasResult& result, const Workload& workload, int scaled_to) {
  const std::string name = "deployment " + to_string(workload.object);
  if (result.outcome == kube::ReplicasResult::Outcome::gone) return name + " does not exist any more";
  if (result.outcome != kube::ReplicasResult::Outcome::foreign) return {};
  if (result.seen && result.seen->uid != workload.uid)
    return name + " was deleted and made anew by somebody else; left alone";
  return fmt::format(
      "{} has {} replicas, which is neither what the drill wrote ({}) nor the original ({}): somebody else "
      "changed it, and it was left alone",
      name, result.seen ? result.seen->replicas : -1, scaled_to, workload.replicas);
}

Task<WorkloadRestore> restore_one(kube::Client& client, Workload workload, int scaled_to,
                                  Clock::time_point deadline) {
  WorkloadRestore restore;
  restore.workload = workload;
  Duration pause = first_pause;
  for (;;) {
    kube::ReplicasChange change;
    change.uid = workload.uid;
    change.expected = scaled_to;
    change.wanted = workload.replicas;
    const kube::ReplicasResult result = co_await kube::set_replicas(client, reference(workload), change);
    restore.written = result.outcome == kube::ReplicasResult::Outcome::written ||
                      result.outcome == kube::ReplicasResult::Outcome::already;
    if (restore.written) {
      restore.problem.clear();
      co_return restore;
    }
    restore.problem = settled_problem(result, workload, scaled_to);
    if (!restore.problem.empty()) co_return restore;
    restore.problem =
        result.error ? to_string(*result.error) : "the API did not say what became of the write";
    if (Clock::now() + pause >= deadline) co_return restore;
    co_await sleep(client.executor(), pause);
    pause = std::min<Duration>(pause * 2, longest_pause);
  }
}

// What keeps `workload` from being as it was; empty when nothing does.
Task<std::string> missing(kube::Client& client, Workload workload) {
  const kube::ApiResult<kube::Deployment> read = co_await kube::read_deployment(client, reference(workload));
  if (!read) co_return to_string(read.error());
  const std::string name = "deployment " + to_string(workload.object);
  if (read->uid != workload.uid) co_return name + " is another object than before the drill";
  if (read->replicas != workload.replicas) {
    co_return fmt::format("{} asks for {} replicas instead of {}", name, read->replicas, workload.replicas);
  }
  if (!read->rolled_out()) {
    co_return fmt::format("{} has {} of {} replicas ready", name, read->ready_replicas, workload.replicas);
  }
  co_return std::string{};
}

}  // namespace

Task<std::vector<WorkloadRestore>> restore_workloads(kube::Client& client, std::vector<Workload> workloads,
                                                     int scaled_to, Duration limit) {
  const Clock::time_point deadline = Clock::now() + limit;
  std::vector<WorkloadRestore> done;
  for (const Workload& workload : workloads) {
    WorkloadRestore one = co_await restore_one(client, workload, scaled_to, deadline);
    done.push_back(std::move(one));
  }
  co_return done;
}

Task<std::string> verify_workloads(kube::Client& client, std::vector<Workload> workloads, Duration limit) {
  const Clock::time_point deadline = Clock::now() + limit;
  for (;;) {
    std::string problem;
    for (const Workload& workload : workloads) {
      problem = co_await missing(client, workload);
      if (!problem.empty()) break;
    }
    if (problem.empty() || Clock::now() + poll >= deadline) co_return problem;
    co_await sleep(client.executor(), poll);
  }
}

}  // namespace meshdrill::drill
