// A running drill for whoever watches it: a line for each thing that happens, and, on a terminal, one line
// below them that is refreshed with what users see just now. Fed with journal entries, so it can show nothing
// that the journal does not hold.
#pragma once

#include "drill/history.hpp"

#include <cstdio>
#include <deque>
#include <map>
#include <string>

namespace meshdrill::report {

class LiveView {
 public:
  // Writes to `out`, which must outlive it. `terminal`: may move the cursor and use colours.
  LiveView(std::FILE* out, bool terminal) : out_(out), terminal_(terminal) {}
  ~LiveView();
  LiveView(const LiveView&) = delete;
  LiveView& operator=(const LiveView&) = delete;

  void show(const drill::Entry& entry, const drill::History& history);

 private:
  // What ended within one batch of samples.
  struct Moment {
    probe::Offset at{};
    std::map<std::string, int> answers;  // by cluster
    int failed = 0;
  };

  void line(probe::Offset at, const std::string& text);
  void take_samples(const drill::Entry& entry, const drill::History& history);
  [[nodiscard]] std::string now_line(const drill::History& history) const;
  void clear_now();

  std::FILE* out_;
  bool terminal_;
  std::deque<Moment> recent_;  // the last second or two
  probe::Offset last_now_{};
  bool now_shown_ = false;
};

}  // namespace meshdrill::report
