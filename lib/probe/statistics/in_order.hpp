// Samples come in the order in which they finished; whoever judges them wants the order of the plan.
#pragma once

#include "probe/sample.hpp"

#include <cstdint>
#include <map>
#include <utility>

namespace meshdrill::probe {

// The samples of one stream, put in order of `index`. Holds at most as many as are in flight.
class InOrder {
 public:
  // Calls take(const Sample&) for `sample` and those that waited for it, as far as there is no gap.
  template <class Take>
  void add(const Sample& sample, Take take) {
    if (sample.index != next_) {
      push(sample);
      return;
    }
    take(sample);
    ++next_;
    if (!waiting_.empty()) drain([](const Sample&) { return true; }, take);
  }

  void push(Sample sample) {
    const std::uint64_t index = sample.index;
    waiting_.emplace(index, std::move(sample));
  }

  // Takes those in turn, as far as there is no gap and ready(sample) is true.
  template <class Ready, class Take>
  void drain(Ready ready, Take take) {
    for (auto first = waiting_.begin(); first != waiting_.end() && first->first == next_;) {
      if (!ready(first->second)) return;
      take(first->second);
      first = waiting_.erase(first);
      ++next_;
    }
  }

  // Takes all, for a record that was cut off: what is missing will not come any more.
  template <class Take>
  void finish(Take take) {
    for (const auto& [index, sample] : waiting_) {
      take(sample);
      next_ = index + 1;
    }
    waiting_.clear();
  }

 private:
  std::map<std::uint64_t, Sample> waiting_;
  std::uint64_t next_ = 0;
};

}  // namespace meshdrill::probe
