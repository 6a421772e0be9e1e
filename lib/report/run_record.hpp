// All that a report is made of, read from the journal in one pass.
#pragma once

#include "drill/journal/history.hpp"
#include "drill/verdict/verdict.hpp"
#include "report/timeline.hpp"

#include <filesystem>

namespace meshdrill::report {

struct RunRecord {
  drill::History history;
  drill::Verdict verdict;
  Timeline timeline;
};

// Memory does not grow with the number of samples in the journal.
Result<RunRecord> read_run(const std::filesystem::path& journal);

}  // namespace meshdrill::report
