// Finds out of a body which cluster answered.
#pragma once

#include "base/result.hpp"
#include "probe/prober.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace meshdrill::probe {

class Identifier {
 public:
  // Fails when the regex is malformed or has not exactly one capture.
  static Result<Identifier> make(const IdentifyRule& rule);

  // The name captured by the first match, when it is one of the rule's (or the rule has none). A regex that
  // runs out of bounds on this body finds nothing.
  [[nodiscard]] std::optional<std::string> identify(std::string_view body) const;

 private:
  struct Compiled;
  explicit Identifier(std::shared_ptr<const Compiled> compiled) : compiled_(std::move(compiled)) {}

  std::shared_ptr<const Compiled> compiled_;
};

}  // namespace meshdrill::probe
