#include "base/diagnostic.hpp"

#include <algorithm>
#include <numeric>

#include <fmt/format.h>

namespace meshdrill {
namespace {

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

// Levenshtein's distance without regard to case (podCidrs for podCIDRs), one row at a time.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t substituted = diagonal + (lower(a[i]) == lower(b[j]) ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({substituted, row[j] + 1, row[j + 1] + 1});
    }
  }
  return row.back();
}

}  // namespace

std::string_view to_string(Severity severity) {
  switch (severity) {
    case Severity::error:
      return "error";
    case Severity::warning:
      return "warning";
    case Severity::note:
      break;
  }
  return "note";
}

bool has_errors(const Diagnostics& diagnostics) {
  return std::any_of(diagnostics.begin(), diagnostics.end(),
                     [](const Diagnostic& d) { return d.severity == Severity::error; });
}

std::string to_string(const Location& where) {
  if (where.line == 0) return where.file.str();
  if (where.column == 0) return fmt::format("{}:{}", where.file.str(), where.line);
  return fmt::format("{}:{}:{}", where.file.str(), where.line, where.column);
}

std::string to_string(const Diagnostic& diagnostic) {
  std::string text = to_string(diagnostic.where);
  if (!text.empty()) text += ": ";
  text += fmt::format("{}: {}", to_string(diagnostic.severity), diagnostic.what);
  if (!diagnostic.rule.empty()) text += fmt::format(" [{}]", diagnostic.rule);
  if (!diagnostic.cure.empty()) text += fmt::format("\n  {}", diagnostic.cure);
  return text;
}

std::string to_string(const Diagnostics& diagnostics) {
  std::string text;
  for (const Diagnostic& diagnostic : diagnostics) text += to_string(diagnostic) + "\n";
  return text;
}

std::string closest(std::string_view word, const std::vector<std::string_view>& candidates) {
  // Two edits cover a swap of neighbours, the commonest slip; in a word of two letters they would match
  // anything.
  std::size_t best = (word.size() <= 2 ? 1 : std::max<std::size_t>(2, word.size() / 3)) + 1;
  std::string_view nearest;
  for (const std::string_view candidate : candidates) {
    const std::size_t distance = edit_distance(word, candidate);
    if (distance < best) {
      best = distance;
      nearest = candidate;
    }
  }
  return std::string{nearest};
}

}  // namespace meshdrill
