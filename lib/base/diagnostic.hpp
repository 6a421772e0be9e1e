// What is wrong in a file of the user's, where, and what to do about it.
#pragma once

#include "base/file_name.hpp"

#include <string>
#include <string_view>
#include <vector>

#include <tl/expected.hpp>

namespace meshdrill {

// A place in a text file. Lines and columns count from 1; 0 means "the file as a whole".
struct Location {
  FileName file;
  int line = 0;
  int column = 0;

  bool operator==(const Location&) const = default;
};

enum class Severity { error, warning, note };

struct Diagnostic {
  Severity severity = Severity::error;
  Location where;
  std::string what;  // what is wrong, and why it matters
  std::string cure;  // what to do; empty when `what` says it all
  std::string
      rule;  // which rule found it, as docs/reference/check.md names it ("duplicate-id"); may be empty

  bool operator==(const Diagnostic&) const = default;
};

using Diagnostics = std::vector<Diagnostic>;

// A value read from a file, or what is wrong with the file. Holds at least one error when it holds no value.
template <class T>
using Checked = tl::expected<T, Diagnostics>;

bool has_errors(const Diagnostics& diagnostics);

// "mesh.yaml:3:5": line and column are left out where they are 0.
std::string to_string(const Location& where);

// "mesh.yaml:3:5: error: … [duplicate-id]", and the cure on a line of its own, indented.
std::string to_string(const Diagnostic& diagnostic);

// "error", "warning" or "note".
std::string_view to_string(Severity severity);

// Each diagnostic on its own line or lines, in the order given, ending in a newline.
std::string to_string(const Diagnostics& diagnostics);

// The candidate nearest to `word` by edit distance, or empty when none is near enough to be what was meant.
std::string closest(std::string_view word, const std::vector<std::string_view>& candidates);

}  // namespace meshdrill
