#pragma once

#include <string>

#include <tl/expected.hpp>

namespace meshdrill {

// Why something could not be done, as one sentence for a person. What stands in a file is reported as
// Diagnostics instead.
struct Error {
  std::string message;
};

template <class T = void>
using Result = tl::expected<T, Error>;

inline tl::unexpected<Error> fail(std::string message) {
  return tl::unexpected<Error>(Error{std::move(message)});
}

}  // namespace meshdrill
