// What the sections of the page are put together from. Titles, names and cells are markup.
#pragma once

#include "base/text.hpp"
#include "report/escape.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include <fmt/format.h>

namespace meshdrill::report::html {

constexpr std::size_t longest_message = 4000;

// Text of the journal as markup, cut off where a server sent very much of it.
inline std::string safe(std::string_view text) {
  return escape_xml(shorten(text, longest_message));
}

inline std::string section(std::string_view title, const std::string& content) {
  return fmt::format("<section>\n<h2>{}</h2>\n{}</section>\n", title, content);
}

inline std::string fact(std::string_view name, const std::string& value) {
  return fmt::format("<dt>{}</dt><dd>{}</dd>\n", name, value);
}

// Cells are markup; the first row is the head. Columns in `numbers` are aligned to the right.
class Table {
 public:
  Table(const std::vector<std::string>& head, std::vector<bool> numbers) : numbers_(std::move(numbers)) {
    add("th", head);
  }
  void row(const std::vector<std::string>& cells) { add("td", cells); }
  [[nodiscard]] std::string text() const {
    return "<div class=\"scroll\"><table>\n" + rows_ + "</table></div>\n";
  }

 private:
  void add(std::string_view element, const std::vector<std::string>& cells) {
    rows_ += "<tr>";
    columns_ = std::max(columns_, cells.size());
    // A short row is filled up, so that the line below it goes all the way.
    for (std::size_t i = 0; i < columns_; ++i) {
      const bool number = i < numbers_.size() && numbers_[i];
      rows_ += fmt::format("<{}{}>{}</{}>", element, number ? " class=\"n\"" : "",
                           i < cells.size() ? cells[i] : "", element);
    }
    rows_ += "</tr>\n";
  }

  std::vector<bool> numbers_;
  std::size_t columns_ = 0;
  std::string rows_;
};

}  // namespace meshdrill::report::html
