// Who we are to the API, as it is now: tokens rotate, and plugins make new ones.
#pragma once

#include "base/async.hpp"
#include "base/result.hpp"
#include "kube/bearer_token.hpp"
#include "kube/connection.hpp"
#include "kube/exec_plugin.hpp"

#include <optional>
#include <string>

namespace meshdrill::kube {

struct Proof {
  std::string authorization;  // value of the header; secret; empty: none
  std::string certificate;    // PEM of a plugin's; empty: the connection's own
  std::string key;            // PEM; secret

  bool operator==(const Proof&) const = default;
};

class Credentials {
 public:
  // `connection` must outlive it. Nothing is read or run yet.
  Credentials(Executor executor, const Connection& connection);

  // Empty when the connection has none, or is plain http. A plugin is run when its last answer has expired;
  // those who ask while it runs wait for the one answer.
  Task<Result<Proof>> current();

  // After a 401: reads the token file or runs the plugin again. Whether there is another proof than
  // `refused`.
  Task<bool> refresh(Proof refused);

 private:
  Task<Result<Proof>> by_plugin(bool again);
  [[nodiscard]] bool expired() const;

  Executor executor_;
  const Connection& connection_;
  BearerToken token_;
  bool uses_plugin_;
  std::optional<ExecCredential> from_plugin_;
  bool running_ = false;
  Timer answered_;  // cancelled when the plugin has answered
};

}  // namespace meshdrill::kube
