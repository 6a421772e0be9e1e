#include "lab/api/work_queue.hpp"

#include <set>

#include <boost/asio/post.hpp>

namespace meshdrill::lab {

struct WorkQueue::State {
  Handler handler;
  std::set<ObjectKey> keys;
  bool scheduled = false;
};

WorkQueue::WorkQueue(Executor executor, Handler handler)
    : executor_(executor), state_(std::make_shared<State>()) {
  state_->handler = std::move(handler);
}

WorkQueue::~WorkQueue() = default;

void WorkQueue::add(const ObjectKey& key) {
  state_->keys.insert(key);
  if (state_->scheduled) return;
  state_->scheduled = true;
  asio::post(executor_, [weak = std::weak_ptr<State>(state_)] {
    const auto state = weak.lock();
    if (!state) return;
    state->scheduled = false;
    for (const ObjectKey& next : std::exchange(state->keys, {})) state->handler(next);
  });
}

}  // namespace meshdrill::lab
