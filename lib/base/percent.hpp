// Shares as people write them.
#pragma once

#include "base/result.hpp"

#include <optional>
#include <string_view>

namespace meshdrill {

// Without the blanks at either end.
std::string_view trim(std::string_view text);

// Digits and at most one point, nothing else: "5", "0.25". No sign, no exponent.
std::optional<double> plain_number(std::string_view text);

// "5%" or "0.1 %" as 0.05 or 0.001; 0 % to 100 %. A number without "%" is refused: 5 could mean either.
Result<double> parse_share(std::string_view text);

}  // namespace meshdrill
