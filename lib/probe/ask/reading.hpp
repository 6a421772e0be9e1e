#pragma once

#include "base/async.hpp"
#include "probe/ask/answer_parser.hpp"
#include "probe/ask/connection.hpp"
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

// An answer that is coming in.
struct Reading {
  Reading(Connection& connection, std::size_t limit, bool with_body, const std::string& wanted_header,
          Clock::time_point request_begun)
      : body_limit(limit), has_body(with_body), header(wanted_header), begin(request_begun) {
    connection.body.clear();
    connection.unread.clear();
    parser.emplace(connection.body, body_limit, has_body, header);
  }

  // Gives the parser what has been read. Wanting more is no error.
  error_code feed(Connection& connection, std::string_view received);
  void note_time(Sample& sample) const {
    if (first_byte) {
      sample.phases.answer += between(*first_byte, Clock::now());
    } else {
      sample.phases.first_byte += between(begin, Clock::now());
    }
  }

  std::size_t body_limit;
  bool has_body;
  const std::string& header;
  Clock::time_point begin;
  std::optional<Clock::time_point> first_byte;
  std::optional<AnswerParser> parser;
};

}  // namespace meshdrill::probe
