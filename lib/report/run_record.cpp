#include "report/run_record.hpp"

#include "drill/journal/sample_codec.hpp"

#include <fmt/format.h>

namespace meshdrill::report {

Result<RunRecord> read_run(const std::filesystem::path& journal) {
  TimelineBuilder timeline;
  drill::HistoryBuilder history;
  bool any = false;
  const Result<> read = drill::read_journal(journal, [&](const drill::Entry& entry) -> Result<> {
    any = true;
    timeline.add(entry);
    if (entry.event == "samples") {
      const auto batch = drill::decode_batch(entry.fields);
      if (!batch) return tl::unexpected(batch.error());
      timeline.add(*batch);
    }
    return history.add(entry);
  });
  if (!read) return tl::unexpected(read.error());
  if (!any) return fail(fmt::format("{} is empty: the run ended before it began", journal.string()));
  return RunRecord{history.history(), drill::judge(history.history()), timeline.timeline()};
}

}  // namespace meshdrill::report
