#include "drill/safety/watch_over.hpp"

#include "drill/journal/journal.hpp"
#include "drill/safety/watchdog.hpp"

#include <algorithm>
#include <thread>

#include <fmt/format.h>

namespace meshdrill::drill {
namespace {

using namespace std::chrono_literals;
using Outcome = Recovery::Outcome;

// The drill's heartbeat comes every two seconds.
constexpr auto longest_silence = 20s;
constexpr auto between_tries = 3s;
constexpr auto longest_trying = 15min;

bool any(const std::vector<Recovery>& recoveries, Outcome outcome) {
  return std::any_of(recoveries.begin(), recoveries.end(),
                     [outcome](const Recovery& recovery) { return recovery.outcome == outcome; });
}

// The messages of the clusters where something was to be done.
std::vector<std::string> messages_of(const std::vector<Recovery>& recoveries) {
  std::vector<std::string> messages;
  for (const Recovery& recovery : recoveries) {
    if (recovery.outcome != Outcome::clean)
      messages.push_back(fmt::format("{}: {}", recovery.cluster, recovery.message));
  }
  return messages;
}

// Adds to the dead drill's journal what became of it, so that its report says so. A journal that ends in half
// a line (a full disk), or cannot be written, is left as it is: what was done is on standard error as well.
void note(const WatchOver& options, const std::vector<Recovery>& recoveries, const std::string& why) {
  auto journal = Journal::reopen(options.journal);
  if (!journal) return;
  const auto add = [&](std::string event, boost::json::object fields) {
    const auto at = std::chrono::steady_clock::now() - options.epoch;
    static_cast<void>(
        journal->append({std::chrono::duration_cast<probe::Offset>(at), std::move(event), std::move(fields)},
                        Durability::synced));
  };
  const bool restored = !any(recoveries, Outcome::failed);
  add("abort", {{"kind", "failed"}, {"message", why}});
  add("restored", {{"verified", restored},
                   {"message", restored ? "" : fmt::format("{}", fmt::join(messages_of(recoveries), "; "))}});
  add("end", {});
}

// Until nothing is left or the time is over. Clusters that cannot be asked now may be later.
std::vector<Recovery> recover_with_patience(asio::io_context& io, const std::vector<Cluster>& clusters,
                                            const RecoverOptions& options) {
  const auto deadline = std::chrono::steady_clock::now() + longest_trying;
  std::vector<Recovery> done(clusters.size());
  for (;;) {
    const std::vector<Recovery> now = recover_now(io, clusters, options);
    // A cluster that was restored in an earlier round is clean in this one.
    for (std::size_t i = 0; i < now.size(); ++i) {
      if (now[i].outcome != Outcome::clean || done[i].outcome == Outcome::failed || done[i].cluster.empty())
        done[i] = now[i];
    }
    const bool again = std::any_of(now.begin(), now.end(), [](const Recovery& recovery) {
      return recovery.outcome == Outcome::failed && recovery.may_pass;
    });
    if (!again || std::chrono::steady_clock::now() + between_tries >= deadline) return done;
    std::this_thread::sleep_for(between_tries);
  }
}

}  // namespace

bool watch_over(asio::io_context& io, const std::vector<Cluster>& clusters, const WatchOver& options) {
  begin_to_watch();
  for (;;) {
    const DrillEnd end = wait_for_drill(longest_silence);
    if (end == DrillEnd::all_clear) return true;
    const bool died = end == DrillEnd::died;
    const std::string why =
        died ? "meshdrill died in the middle of the drill; its watchdog put everything back"
             : "meshdrill hung in the middle of the drill; its watchdog put everything back";
    RecoverOptions recovery;
    recovery.talk = [](const std::string&) {};
    if (died) recovery.dead = options.run;
    const std::vector<Recovery> done = recover_with_patience(io, clusters, recovery);
    const std::vector<std::string> messages = messages_of(done);
    // Silent, but with nothing to put back, or alive after all: it renews its Leases.
    if (!died && (messages.empty() || any(done, Outcome::alive))) continue;
    if (messages.empty()) return true;  // it had come to its end but for the all-clear
    const bool restored = !any(done, Outcome::failed);
    options.talk(
        restored ? why : "meshdrill died in the middle of the drill, and NOT everything could be put back");
    for (const std::string& message : messages) options.talk(message);
    note(options, done, restored ? why : "meshdrill died in the middle of the drill");
    return restored;
  }
}

}  // namespace meshdrill::drill
