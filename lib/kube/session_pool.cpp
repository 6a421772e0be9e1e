#include "kube/session_pool.hpp"

#include <utility>

namespace meshdrill::kube {

namespace {

// Load balancers in front of API servers drop idle connections after a minute or so, often without a word.
constexpr auto idle_limit = std::chrono::seconds{30};
constexpr std::size_t idle_count_limit = 8;

}  // namespace

SessionPool::SessionPool(Executor executor, const Connection& connection)
    : executor_(executor), connection_(connection) {
  if (connection.tls) tls_ = make_tls_context(connection);
}

std::unique_ptr<HttpSession> SessionPool::take_idle() {
  while (!idle_.empty()) {
    Idle idle = std::move(idle_.back());
    idle_.pop_back();
    if (Clock::now() - idle.since < idle_limit && idle.session->reusable()) return std::move(idle.session);
  }
  return nullptr;
}

Task<HttpResult<std::unique_ptr<HttpSession>>> SessionPool::open(Clock::time_point deadline) {
  if (!tls_) {
    HttpFailure refused;
    refused.message = tls_.error().message;
    co_return tl::unexpected(std::move(refused));
  }
  co_return co_await open_session(executor_, connection_, *tls_, deadline);
}

void SessionPool::give_back(std::unique_ptr<HttpSession> session) {
  if (idle_.size() >= idle_count_limit || !session->reusable()) return;
  idle_.push_back(Idle{.session = std::move(session), .since = Clock::now()});
}

}  // namespace meshdrill::kube
