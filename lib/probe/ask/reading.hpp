#pragma once

#include "base/async.hpp"
#include "probe/ask/answer_parser.hpp"
#include "probe/ask/connection.hpp"
#include "probe/ask/known_heads.hpp"
#include "probe/sample.hpp"

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace meshdrill::probe {

inline std::chrono::microseconds between(Clock::time_point start, Clock::time_point end) {
  return std::chrono::duration_cast<std::chrono::microseconds>(end - start);
}

// What to read an answer with. All of it outlives the Reading.
struct ReadingRules {
  std::size_t body_limit;     // bytes
  bool has_body;              // false: the request was HEAD
  const std::string& header;  // the name of one to keep, or empty
  KnownHeads& known;
};

// An answer that is coming in. Its body is left in the connection.
class Reading {
 public:
  Reading(Connection& connection, const ReadingRules& rules, Clock::time_point request_begun)
      : begin(request_begun), connection_(connection), rules_(rules) {
    connection_.body.clear();
    connection_.unread.clear();
  }

  // Takes what has been read. Wanting more is no error.
  error_code feed(std::string_view received);
  // The server has closed. An error unless that ends the answer.
  error_code feed_end();
  [[nodiscard]] bool is_done() const { return known_ != nullptr || (parser_ && parser_->is_done()); }
  // Complete once is_done(); valid until the next answer is read.
  [[nodiscard]] const AnswerHead& head() const { return known_ != nullptr ? *known_ : parser_->head(); }

  void note_time(Sample& sample) const {
    if (first_byte) {
      sample.phases.answer += between(*first_byte, Clock::now());
    } else {
      sample.phases.first_byte += between(begin, Clock::now());
    }
  }

  Clock::time_point begin;
  std::optional<Clock::time_point> first_byte;

 private:
  error_code parse(std::string_view received);
  void make_parser() { parser_.emplace(connection_.body, rules_.body_limit, rules_.has_body, rules_.header); }

  Connection& connection_;
  ReadingRules rules_;
  const AnswerHead* known_ = nullptr;
  std::optional<AnswerParser> parser_;
};

}  // namespace meshdrill::probe
