// Finds out of an answer which cluster gave it.
#pragma once

#include "base/result.hpp"
#include "probe/prober.hpp"

#include <memory>
#include <optional>
#include <string>
#include <string_view>

namespace meshdrill::probe {

// What of a complete answer may tell who gave it.
struct AnswerClues {
  std::string_view body;
  std::string_view
      header;  // value of the header that Identifier::header() asks for; empty: not in the answer
  std::optional<IpAddress> address;  // that was asked
};

class Identifier {
 public:
  // Fails when the regex is malformed or has not exactly one capture, when the pointer is no JSON pointer,
  // when the header's name is none, or when a name of the address map is not among the clusters.
  static Result<Identifier> make(const IdentifyRule& rule);

  // The header whose value identify() wants to see, compared without case; empty: none.
  [[nodiscard]] const std::string& header() const;

  // The name that the answer gives, when it is one of the rule's (or the rule has none). A regex that runs
  // out of bounds on this body, or a body that is no JSON, finds nothing.
  [[nodiscard]] std::optional<std::string> identify(const AnswerClues& clues) const;
  [[nodiscard]] std::optional<std::string> identify(std::string_view body) const {
    return identify(AnswerClues{body, {}, std::nullopt});
  }

 private:
  struct Compiled;
  explicit Identifier(std::shared_ptr<const Compiled> compiled) : compiled_(std::move(compiled)) {}

  std::shared_ptr<const Compiled> compiled_;
};

}  // namespace meshdrill::probe
