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

void SessionPool::use_certificate(const std::string& certificate, const std::string& key) {
  if (certificate == certificate_ || !connection_.tls) return;
  Connection with_certificate = connection_;
  if (!certificate.empty()) {
    with_certificate.client_certificate = certificate;
    with_certificate.client_key = key;
  }
  tls_ = make_tls_context(with_certificate);
  certificate_ = certificate;
  ++certificate_number_;
  idle_.clear();
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
  const TlsContext tls = *tls_;
  const int number = certificate_number_;
  HttpResult<std::unique_ptr<HttpSession>> session =
      co_await open_session(executor_, connection_, tls, deadline);
  if (session) (*session)->certificate_number = number;
  co_return session;
}

void SessionPool::give_back(std::unique_ptr<HttpSession> session) {
  const bool outdated = session->certificate_number != certificate_number_;
  if (outdated || idle_.size() >= idle_count_limit || !session->reusable()) return;
  idle_.push_back(Idle{.session = std::move(session), .since = Clock::now()});
}

}  // namespace meshdrill::kube
