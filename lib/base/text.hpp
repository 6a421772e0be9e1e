// Small things done to text that several libraries need.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace meshdrill {

// "1 cluster", "3 clusters".
std::string plural(std::size_t count, std::string_view noun);

// "a", "a and b", "a, b and c".
std::string join_words(const std::vector<std::string>& words);

// Control characters replaced, so that text from a server cannot drive a terminal. Newlines and tabs become
// spaces.
std::string printable(std::string_view text);

// Characters outside [A-Za-z0-9_./:=@%+,-] make the word single-quoted, as a POSIX shell needs it.
std::string shell_quote(std::string_view word);

}  // namespace meshdrill
