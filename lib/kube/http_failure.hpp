// How an exchange with an API server failed below HTTP, and how far it had come.
#pragma once

#include <cstdint>
#include <string>

#include <tl/expected.hpp>

namespace meshdrill::kube {

struct HttpFailure {
  enum class Stage : std::uint8_t { connect, write, read };
  enum class Cause : std::uint8_t { broken, timeout, cancelled };

  Stage stage = Stage::connect;
  Cause cause = Cause::broken;
  std::string message;
};

template <class T>
using HttpResult = tl::expected<T, HttpFailure>;

}  // namespace meshdrill::kube
