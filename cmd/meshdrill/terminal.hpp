#pragma once

#include <cstddef>
#include <cstdio>

namespace meshdrill::cli {

// Whether `stream` is a terminal that takes cursor movements.
bool is_terminal(std::FILE* stream);

// The same, and the user has not asked for NO_COLOR (no-color.org).
bool wants_colour(std::FILE* stream);

struct TerminalSize {
  std::size_t width = 80;
  std::size_t height = 24;
};
// As it is now; 80 × 24 where it cannot be told.
TerminalSize terminal_size(std::FILE* stream);

}  // namespace meshdrill::cli
