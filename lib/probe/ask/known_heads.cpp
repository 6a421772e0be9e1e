#include "probe/ask/known_heads.hpp"

namespace meshdrill::probe {

KnownHeads::Match KnownHeads::find(std::string_view answer) const {
  for (const Known& known : known_) {
    const std::size_t size = known.bytes.size();
    if (size > 0 && answer.size() == size + known.body_size && answer.starts_with(known.bytes))
      return {&known.head, answer.substr(size)};
  }
  return {};
}

void KnownHeads::learn(std::string_view answer, std::size_t body_size, const AnswerHead& head) {
  Known& place = known_[oldest_];
  oldest_ = (oldest_ + 1) % known_.size();
  place.bytes = answer.substr(0, answer.size() - body_size);
  place.body_size = body_size;
  place.head = head;
}

}  // namespace meshdrill::probe
