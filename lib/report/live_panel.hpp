// The picture below the lines of a running drill: where it is, what users see, what the guards see.
#pragma once

#include "drill/journal/history.hpp"
#include "probe/show/live_view.hpp"
#include "report/timeline.hpp"

#include <map>
#include <optional>
#include <string>
#include <vector>

namespace meshdrill::report {

// What ended within a short time.
struct Recent {
  std::map<std::optional<IpAddress>, std::map<std::string, std::uint64_t>> answers;  // address -> cluster
  std::map<std::optional<IpAddress>, std::uint64_t> failed;
  // Of the streams that the guards look at: not of those whose failures are the drill's own doing.
  std::uint64_t guarded = 0;
  std::uint64_t guarded_failed = 0;

  [[nodiscard]] std::uint64_t answered() const;
  [[nodiscard]] std::uint64_t answered_by(const std::string& cluster) const;
  [[nodiscard]] std::uint64_t failures() const;
};

struct PanelState {
  const drill::History& history;  // with a phase
  const Timeline& timeline;
  Recent last_second;
  std::vector<double>
      guarded_shares;  // of failures, over the time of each rule of guards.abortIf that is watched
  std::map<std::string, int> ready;  // ready endpoints of each cluster, as last seen
  probe::Offset now{};
};

// Lines that fit the canvas, without newlines. The least important are left out where it is low.
std::vector<std::string> live_panel(const PanelState& state, const probe::Canvas& canvas);

}  // namespace meshdrill::report
