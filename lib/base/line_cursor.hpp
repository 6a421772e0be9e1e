// Goes through a YAML text line by line, for a reader that is built on it: the reader moves `at_` through a
// line.
#pragma once

#include "base/diagnostic.hpp"

#include <algorithm>
#include <cstddef>
#include <string_view>

namespace meshdrill {

class LineCursor {
 protected:
  // Before the first line. `file` must outlive it.
  LineCursor(std::string_view text, const FileName& file) : text_(text), file_(file) {}

  // To the first character of the next line that is neither empty nor a comment.
  void next_line() {
    while (line_end_ < text_.size() || !started_) {
      line_start_ = started_ ? line_end_ + 1 : 0;
      started_ = true;
      ++line_;
      line_end_ = std::min(text_.find('\n', line_start_), text_.size());
      at_ = line_start_;
      skip_spaces();
      indent_ = at_ - line_start_;
      if (at_ < line_end_ && text_[at_] != '#') return;
    }
    line_start_ = text_.size() + 1;
  }

  [[nodiscard]] bool at_end() const { return line_start_ > text_.size(); }
  // Of this line.
  [[nodiscard]] std::string_view rest() const { return text_.substr(at_, line_end_ - at_); }
  // '\n' at the end of the line.
  [[nodiscard]] char peek(std::size_t ahead = 0) const {
    return at_ + ahead < line_end_ ? text_[at_ + ahead] : '\n';
  }
  [[nodiscard]] bool is_dash() const { return peek() == '-' && peek(1) == ' '; }
  [[nodiscard]] std::size_t column() const { return at_ - line_start_; }
  void skip_spaces() {
    while (peek() == ' ') ++at_;
  }
  // Nothing but blanks and a comment follows in this line.
  bool line_is_done() {
    const std::size_t before = at_;
    skip_spaces();
    return peek() == '\n' || (peek() == '#' && at_ > before);
  }
  void place(Location& where) const {
    where.file = file_;
    where.line = line_;
    where.column = static_cast<int>(column()) + 1;
  }

  std::string_view text_;
  std::size_t at_ = 0;
  std::size_t line_end_ = 0;
  std::size_t indent_ = 0;  // of this line

 private:
  const FileName& file_;
  std::size_t line_start_ = 0;
  int line_ = 0;
  bool started_ = false;
};

}  // namespace meshdrill
