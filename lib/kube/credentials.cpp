#include "kube/credentials.hpp"

#include "base/base64.hpp"

#include <utility>

namespace meshdrill::kube {

namespace {

constexpr std::string_view bearer = "Bearer ";

// Says that the plugin runs, for as long as it does, and wakes those who wait for it.
class Running {
 public:
  Running(bool& flag, Timer& answered) : flag_(flag), answered_(answered) {
    flag_ = true;
    answered_.expires_at(Clock::time_point::max());
  }
  ~Running() {
    flag_ = false;
    answered_.cancel();
  }
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;

 private:
  bool& flag_;
  Timer& answered_;
};

Proof proof_of(const ExecCredential& credential) {
  Proof proof;
  if (!credential.token.empty()) proof.authorization = std::string(bearer) + credential.token;
  proof.certificate = credential.certificate;
  proof.key = credential.key;
  return proof;
}

// As kubectl: whoever has something to show already does not run a plugin.
bool has_other_credentials(const Connection& connection) {
  return !connection.token.empty() || !connection.token_file.empty() || !connection.username.empty() ||
         !connection.client_certificate.empty();
}

}  // namespace

Credentials::Credentials(Executor executor, const Connection& connection)
    : executor_(executor),
      connection_(connection),
      token_(connection),
      uses_plugin_(connection.tls && connection.exec && !has_other_credentials(connection)),
      answered_(executor) {}

Task<Result<Proof>> Credentials::current() {
  if (uses_plugin_) {
    co_return co_await by_plugin(false);
  }
  Proof proof;
  if (!connection_.tls) co_return proof;
  const Result<std::string> token = token_.current();
  if (!token) co_return tl::unexpected(token.error());
  if (!token->empty()) {
    proof.authorization = std::string(bearer) + *token;
  } else if (!connection_.username.empty()) {
    proof.authorization = "Basic " + encode_base64(connection_.username + ':' + connection_.password);
  }
  co_return proof;
}

Task<bool> Credentials::refresh(Proof refused) {
  if (!uses_plugin_) {
    if (!refused.authorization.starts_with(bearer)) co_return false;
    co_return token_.refresh(refused.authorization.substr(bearer.size()));
  }
  // Another request may have been here before.
  if (from_plugin_ && proof_of(*from_plugin_) != refused) co_return true;
  Result<Proof> renewed = co_await by_plugin(true);
  co_return renewed && *renewed != refused;
}

Task<Result<Proof>> Credentials::by_plugin(bool again) {
  bool waited = false;
  while (running_) {
    waited = true;
    const auto [woken] = co_await answered_.async_wait(try_await);
    static_cast<void>(woken);
  }
  const bool usable = from_plugin_ && !expired();
  if (usable && (!again || waited)) co_return proof_of(*from_plugin_);
  const Running running(running_, answered_);
  const ExecPlugin plugin = *connection_.exec;
  Result<ExecCredential> answer = co_await run_exec_plugin(executor_, plugin);
  if (!answer) co_return tl::unexpected(answer.error());
  if (!is_header_text(answer->token))
    co_return fail("the token of the credential plugin holds characters that no token has");
  from_plugin_ = std::move(*answer);
  co_return proof_of(*from_plugin_);
}

bool Credentials::expired() const {
  using std::chrono::microseconds;
  const auto now = std::chrono::floor<microseconds>(std::chrono::system_clock::now());
  return from_plugin_->expires && *from_plugin_->expires <= now;
}

}  // namespace meshdrill::kube
