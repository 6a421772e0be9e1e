// The table that only this tool has: which address was asked, and which cluster answered.
#pragma once

#include "probe/statistics/tally.hpp"

#include <string>
#include <vector>

namespace meshdrill::probe {

// One row for each address and kind of connection, of pinned streams and following ones alike; one column for
// each of `clusters`, one for requests that no known cluster answered, one for all. `title` heads the first
// column. Lines for a terminal, ending in a newline.
std::string matrix_text(const Tally& tally, const std::vector<std::string>& clusters,
                        const std::string& title);

}  // namespace meshdrill::probe
