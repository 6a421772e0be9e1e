#include "lab/controllers/rolling_update.hpp"

#include "lab/api/json_access.hpp"

#include <algorithm>

namespace meshdrill::lab {
namespace {

// An int-or-percent: "25%" of `replicas`, rounded as asked.
std::int64_t int_or_percent(const boost::json::value* value, std::int64_t replicas, bool round_up) {
  std::int64_t percent = 25;
  if (value != nullptr && value->is_number()) {
    boost::system::error_code inexact;
    return std::max<std::int64_t>(0, value->to_number<std::int64_t>(inexact));
  }
  if (value != nullptr && value->is_string()) {
    const std::string_view text = view(value->get_string());
    if (const auto number = parse_number(text.substr(0, text.find('%')))) {
      percent = static_cast<std::int64_t>(std::min<std::uint64_t>(*number, 1000));
    }
  }
  return (replicas * percent + (round_up ? 99 : 0)) / 100;
}

}  // namespace

RolloutStrategy read_strategy(const Object& deployment, std::int64_t replicas) {
  RolloutStrategy strategy;
  strategy.recreate = text_at(deployment, {"spec", "strategy", "type"}) == "Recreate";
  strategy.surge = int_or_percent(find_value(deployment, {"spec", "strategy", "rollingUpdate", "maxSurge"}),
                                  replicas, true);
  strategy.unavailable = int_or_percent(
      find_value(deployment, {"spec", "strategy", "rollingUpdate", "maxUnavailable"}), replicas, false);
  if (strategy.surge == 0 && strategy.unavailable == 0) strategy.unavailable = 1;
  return strategy;
}

RolloutStep next_step(std::int64_t replicas, const RolloutStrategy& strategy, const SetReplicas& newest,
                      const std::vector<SetReplicas>& older) {
  std::int64_t older_wanted = 0;
  std::int64_t older_existing = 0;
  std::int64_t available = newest.available;
  for (const SetReplicas& set : older) {
    older_wanted += set.wanted;
    older_existing += set.existing;
    available += set.available;
  }
  RolloutStep step{newest.wanted, std::vector<std::int64_t>(older.size(), 0)};
  if (older_wanted == 0 && older_existing == 0) {
    step.newest = replicas;
    return step;
  }
  if (strategy.recreate) {
    step.newest = 0;  // only once the older Pods are gone does the new set start
    return step;
  }
  step.newest =
      std::clamp(replicas + strategy.surge - older_wanted, std::min(newest.wanted, replicas), replicas);

  // How many may go without falling below replicas - unavailable: not-ready ones of older sets first, as they
  // serve nobody, then ready ones.
  const std::int64_t minimum = replicas - strategy.unavailable;
  const std::int64_t newest_missing = newest.wanted - newest.available;
  std::int64_t removable = std::max<std::int64_t>(0, older_wanted + newest.wanted - minimum - newest_missing);
  for (std::size_t i = 0; i < older.size(); ++i) {
    const std::int64_t unready = std::clamp<std::int64_t>(older[i].wanted - older[i].available, 0, removable);
    step.older[i] = older[i].wanted - unready;
    removable -= unready;
  }
  std::int64_t ready_removable = std::max<std::int64_t>(0, available - minimum);
  for (std::size_t i = 0; i < older.size(); ++i) {
    const std::int64_t going = std::min({step.older[i], ready_removable, removable});
    step.older[i] -= going;
    ready_removable -= going;
    removable -= going;
  }
  return step;
}

}  // namespace meshdrill::lab
