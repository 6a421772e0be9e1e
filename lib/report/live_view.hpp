// A running drill for whoever watches it: a line for each thing that happens, and, on a terminal, a picture
// below them that is refreshed with what users and guards see just now. Fed with journal entries, so it can
// show nothing that the journal does not hold.
#pragma once

#include "drill/journal/history.hpp"
#include "report/live_panel.hpp"
#include "report/timeline.hpp"

#include <cstdio>
#include <deque>
#include <functional>
#include <map>
#include <string>

namespace meshdrill::report {

class LiveView {
 public:
  // The size of the terminal, asked for before each picture.
  using Screen = std::function<probe::Canvas()>;

  // Writes to `out`, which must outlive it. Without a `screen` there are only lines: out is no terminal.
  explicit LiveView(std::FILE* out, Screen screen = {}) : out_(out), screen_(std::move(screen)) {}
  ~LiveView();
  LiveView(const LiveView&) = delete;
  LiveView& operator=(const LiveView&) = delete;

  void show(const drill::Entry& entry, const drill::History& history);

 private:
  // What ended within one batch of samples.
  struct Moment {
    probe::Offset at{};
    Recent seen;
  };

  void line(probe::Offset at, const std::string& text);
  void take_samples(const drill::Entry& entry, const drill::History& history);
  void paint(const drill::History& history, probe::Offset now);
  [[nodiscard]] Recent since(probe::Offset from) const;
  [[nodiscard]] std::string now_line(const drill::History& history, probe::Offset now) const;
  void clear_picture();

  std::FILE* out_;
  Screen screen_;
  TimelineBuilder timeline_;
  std::deque<Moment> recent_;  // as far back as a guard looks
  std::map<std::string, int> ready_;
  probe::Offset last_now_{};
  std::size_t painted_ = 0;  // lines of the picture on the screen
};

}  // namespace meshdrill::report
