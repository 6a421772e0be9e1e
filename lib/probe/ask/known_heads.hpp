// The heads of the latest answers, and what they said. A server's heads are the same to the byte for a second
// (Date) or longer, and comparing costs a tenth of parsing: parsing was a third of the prober's own
// instructions.
#pragma once

#include "probe/ask/answer_parser.hpp"

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

namespace meshdrill::probe {

class KnownHeads {
 public:
  struct Match {
    const AnswerHead* head = nullptr;  // null: not known; valid until the next learn()
    std::string_view body;             // what follows the head, to the end
  };

  // For an answer that is there as a whole and nothing after it: its head is known, and the rest is as long
  // as that says. Anything else is for the parser.
  [[nodiscard]] Match find(std::string_view answer) const;

  // An answer that the parser has read: its last `body_size` bytes are the body, whose length the head gave
  // as Content-Length.
  void learn(std::string_view answer, std::size_t body_size, const AnswerHead& head);

 private:
  struct Known {
    std::string bytes;
    std::size_t body_size = 0;
    AnswerHead head;
  };

  // Clusters answer with bodies of other lengths, and so with other heads.
  std::array<Known, 4> known_;
  std::size_t oldest_ = 0;
};

}  // namespace meshdrill::probe
