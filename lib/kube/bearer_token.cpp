#include "kube/bearer_token.hpp"

#include "base/files.hpp"

#include <algorithm>

namespace meshdrill::kube {

namespace {

constexpr auto reread_after = std::chrono::minutes{1};
constexpr std::size_t size_limit = std::size_t{1} << 20;

std::string trim(const std::string& text) {
  const auto first = text.find_first_not_of(" \t\r\n");
  if (first == std::string::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r\n") - first + 1);
}

}  // namespace

bool is_header_text(const std::string& text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < '\x7f'; });
}

BearerToken::BearerToken(const Connection& connection) {
  if (!connection.tls) return;
  file_ = connection.token_file;
  if (file_.empty()) token_ = connection.token;
}

Result<std::string> BearerToken::current() {
  const bool stale = token_.empty() || Clock::now() - read_at_ >= reread_after;
  if (!file_.empty() && stale) {
    if (auto done = read(); !done && token_.empty()) return tl::unexpected(done.error());
  }
  if (!is_header_text(token_)) return fail("the bearer token holds characters that no token has");
  return token_;
}

bool BearerToken::refresh(const std::string& refused) {
  if (file_.empty() || !read()) return false;
  return token_ != refused;
}

Result<> BearerToken::read() {
  auto text = read_file(file_, size_limit);
  if (!text) return tl::unexpected(text.error());
  std::string token = trim(*text);
  if (token.empty()) return fail(file_ + ": the token file is empty");
  token_ = std::move(token);
  read_at_ = Clock::now();
  return {};
}

}  // namespace meshdrill::kube
