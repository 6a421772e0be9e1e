// The summary as Markdown, for the summary of a CI step and for a comment on a change.
#pragma once

#include "report/run_record.hpp"

#include <cstddef>
#include <string>

namespace meshdrill::report {

// GitHub drops a step's summary as a whole when it is larger than this (1 MiB), and refuses longer comments.
inline constexpr std::size_t most_summary_bytes = std::size_t{1} << 20;
inline constexpr std::size_t most_comment_bytes = 65'536;

// At most `limit` bytes, 32 KiB or more: what does not fit is left out, the least important first, and a
// notice says how much.
std::string render_markdown(const RunRecord& run, std::size_t limit = most_summary_bytes);

}  // namespace meshdrill::report
