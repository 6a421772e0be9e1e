#pragma once

#include <cstddef>
#include <cstdio>

namespace meshdrill::cli {

// Whether `stream` is a terminal that takes cursor movements.
bool is_terminal(std::FILE* stream);

// The same, and the user has not asked for NO_COLOR (no-color.org).
bool wants_colour(std::FILE* stream);

// Whether both end in one place (a terminal, a file, a pipe), where what is printed to both is seen twice.
bool same_place(std::FILE* one, std::FILE* other);

struct TerminalSize {
  std::size_t width = 80;
  std::size_t height = 24;
};
// As it is now; 80 × 24 where it cannot be told.
TerminalSize terminal_size(std::FILE* stream);

}  // namespace meshdrill::cli
