#pragma once

#include "kube/http_session.hpp"

#include <memory>
#include <vector>

namespace meshdrill::kube {

// The connections to one API server that are open and idle.
class SessionPool {
 public:
  // `connection` must outlive the pool.
  SessionPool(Executor executor, const Connection& connection);

  // One that still looks alive, or nullptr.
  std::unique_ptr<HttpSession> take_idle();
  Task<HttpResult<std::unique_ptr<HttpSession>>> open(Clock::time_point deadline);
  // Keeps it when it can be used again, else closes it.
  void give_back(std::unique_ptr<HttpSession> session);

 private:
  struct Idle {
    std::unique_ptr<HttpSession> session;
    Clock::time_point since;
  };

  Executor executor_;
  const Connection& connection_;
  Result<TlsContext> tls_;
  std::vector<Idle> idle_;
};

}  // namespace meshdrill::kube
