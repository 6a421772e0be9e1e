#pragma once

#include <cstdio>

namespace meshdrill::cli {

// Whether `stream` is a terminal that takes cursor movements.
bool is_terminal(std::FILE* stream);

// The same, and the user has not asked for NO_COLOR (no-color.org).
bool wants_colour(std::FILE* stream);

}  // namespace meshdrill::cli
