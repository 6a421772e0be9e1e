// Where everything that a run does and sees goes: the journal, the history made of it, and whoever looks on.
#pragma once

#include "drill/journal/history.hpp"
#include "drill/journal/journal.hpp"

#include <functional>
#include <optional>
#include <string>

namespace meshdrill::drill {

class Recorder {
 public:
  using Watch = std::function<void(const Entry&, const History&)>;

  Recorder(Journal journal, std::chrono::steady_clock::time_point epoch, Watch watch)
      : journal_(std::move(journal)), epoch_(epoch), watch_(std::move(watch)) {}

  // Adds an entry with the time that it is now. A journal that can no longer be written does not end the run
  // here, as there may be something to restore: it is remembered in broken(), and the history goes on in
  // memory. A watch that throws is not called again.
  void note(std::string event, boost::json::object fields, Durability durability = Durability::written);

  [[nodiscard]] const std::optional<Error>& broken() const { return broken_; }
  [[nodiscard]] const History& history() const { return builder_.history(); }
  [[nodiscard]] probe::Offset now() const;
  [[nodiscard]] std::chrono::steady_clock::time_point epoch() const { return epoch_; }

 private:
  Journal journal_;
  std::chrono::steady_clock::time_point epoch_;
  Watch watch_;
  HistoryBuilder builder_;
  std::optional<Error> broken_;
};

}  // namespace meshdrill::drill
