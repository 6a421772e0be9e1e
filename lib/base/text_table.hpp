#pragma once

#include <string>
#include <vector>

namespace meshdrill {

// Lines up cells for a terminal: columns as wide as their widest cell, the first to the left, the others to
// the right.
class TextTable {
 public:
  // The first `left` columns are aligned to the left.
  explicit TextTable(std::size_t left = 1) : left_(left) {}

  void row(std::vector<std::string> cells) { rows_.push_back(std::move(cells)); }

  // Every row on a line of its own, each behind `indent`, without trailing blanks.
  [[nodiscard]] std::string text(const std::string& indent = "  ") const;

 private:
  std::size_t left_;
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace meshdrill
