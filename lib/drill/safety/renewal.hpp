// Keeps locks alive beside whatever goes on: a loop for each, so that a cluster that does not answer holds up
// no other.
#pragma once

#include "drill/safety/lock.hpp"

#include <functional>
#include <memory>
#include <string>

namespace meshdrill::drill {

class Renewal {
 public:
  struct Events {
    std::function<void()> beat;  // every lock_renewal, while it runs
    std::function<void(const Lock&)> renewed;
    std::function<void(const Lock&, const std::string&)> failed;  // a lock was not renewed, and why
  };

  // The context must run until the loops have ended, which is soon after stop().
  Renewal(Executor executor, Events events);
  ~Renewal();  // stops
  Renewal(const Renewal&) = delete;
  Renewal& operator=(const Renewal&) = delete;

  void add(std::shared_ptr<Lock> lock);
  // Begins no further renewal and says nothing more. One that is under way ends by itself.
  void stop();

 private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace meshdrill::drill
