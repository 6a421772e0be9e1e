#pragma once

#include "kube/http_session.hpp"

#include <memory>
#include <string>
#include <vector>

namespace meshdrill::kube {

// The connections to one API server that are open and idle.
class SessionPool {
 public:
  // `connection` must outlive the pool.
  SessionPool(Executor executor, const Connection& connection);

  // From now on connections are opened with this client certificate (PEM; empty: the connection's own), and
  // those opened with another are not kept.
  void use_certificate(const std::string& certificate, const std::string& key);

  // One that still looks alive, or nullptr.
  std::unique_ptr<HttpSession> take_idle();
  Task<HttpResult<std::unique_ptr<HttpSession>>> open(Clock::time_point deadline);
  // What the next connection is opened with; null for plain http.
  [[nodiscard]] const Result<TlsContext>& tls() const { return tls_; }
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
  std::string certificate_;  // in use; empty: the connection's own
  int certificate_number_ = 0;
  std::vector<Idle> idle_;
};

}  // namespace meshdrill::kube
