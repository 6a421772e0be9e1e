#include "report/markdown_report.hpp"

#include "base/text.hpp"
#include "report/escape.hpp"
#include "report/phrases.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace meshdrill::report {
namespace {

using drill::History;

// A table or a list, whose rows may be left out from the end; left out as a whole when it has none.
struct Block {
  std::string head;
  std::vector<std::string> rows;
  std::string tail{};
};

// A message may hold a whole body that a server sent.
std::string message(std::string_view text) {
  return escape_markdown(shorten(text, 2000));
}

// Cells, already escaped, as one row.
std::string row(const std::vector<std::string>& cells) {
  return fmt::format("| {} |\n", fmt::join(cells, " | "));
}

std::string table_head(const std::vector<std::string>& titles) {
  std::string rule = "|";
  for (std::size_t i = 0; i < titles.size(); ++i) rule += " --- |";
  return row(titles) + rule + "\n";
}

std::string_view sign(drill::VerdictKind kind) {
  switch (kind) {
    case drill::VerdictKind::pass:
      return "✅";
    case drill::VerdictKind::inconclusive:
    case drill::VerdictKind::refused:
    case drill::VerdictKind::interrupted:
      return "⚠️";
    case drill::VerdictKind::fail:
    case drill::VerdictKind::aborted:
    case drill::VerdictKind::restore_failed:
    case drill::VerdictKind::unfinished:
      break;
  }
  return "❌";
}

Block verdict_block(const RunRecord& run) {
  const History& history = run.history;
  return {fmt::format("## {} {}: {}\n\n", sign(run.verdict.kind), headline(run.verdict.kind),
                      escape_markdown(history.scenario.name)),
          {fmt::format("{}\n\n{}: {} of **{}** in {}, against {}, {} · run {} · meshdrill {}\n",
                       message(run.verdict.reason), run.verdict.fault_class,
                       escape_markdown(to_string(history.scenario.target.service)),
                       escape_markdown(history.target()), escape_markdown(history.mesh),
                       escape_markdown(history.url), escape_markdown(history.started),
                       escape_markdown(history.run), escape_markdown(history.version))}};
}

Block refusal_block(const History& history) {
  Block block{"\n### What forbids it\n\n", {}};
  for (const drill::Finding& finding : history.preflight) {
    if (!finding.ok)
      block.rows.push_back(
          fmt::format("- {}: {}\n", escape_markdown(finding.check), message(finding.message)));
  }
  return block;
}

Block warnings_block(const History& history) {
  Block block{"\n### Warnings of the preflight\n\n", {}};
  for (const drill::Finding& finding : history.preflight) {
    if (finding.warning)
      block.rows.push_back(
          fmt::format("- {}: {}\n", escape_markdown(finding.check), message(finding.message)));
  }
  return block;
}

Block outages_block(const History& history) {
  Block block{"\n### Outages\n\n" + table_head({"stream", "kind", "true length", "began", "failed", "why"}),
              {}};
  for (std::size_t i = 0; i < history.outages.size(); ++i) {
    const std::string stream = escape_markdown(history.streams[i].name);
    if (history.outages[i].empty()) block.rows.push_back(row({stream, "none", "", "", "", ""}));
    for (const probe::Outage& outage : history.outages[i]) {
      block.rows.push_back(row({stream, std::string{probe::to_string(outage.kind)}, interval(outage.bounds()),
                                since_change(history, outage), fmt::format("{}", outage.failed),
                                escape_markdown(reasons(outage))}));
    }
  }
  return block;
}

Block served_block(const History& history) {
  std::vector<std::string> titles{"phase", "requests"};
  for (const drill::ClusterInfo& cluster : history.clusters) titles.push_back(escape_markdown(cluster.name));
  titles.insert(titles.end(), {"failed", "p50", "p99"});
  Block block{"\n### Who served\n\n" + table_head(titles), {}};
  for (const drill::PhaseRecord& phase : history.phases) {
    const probe::Cell all = phase.tally.sum();
    std::vector<std::string> cells{std::string{to_string(phase.phase)}, fmt::format("{}", all.total())};
    for (const drill::ClusterInfo& cluster : history.clusters) {
      const auto answers =
          phase.tally.sum([&](const probe::CellKey& key) { return key.cluster == cluster.name; }).ok();
      cells.push_back(with_share(answers, all.evidence()));
    }
    cells.push_back(with_share(all.failed(), all.evidence()));
    cells.push_back(latency(all.latency(), 0.5));
    cells.push_back(latency(all.latency(), 0.99));
    block.rows.push_back(row(cells));
  }
  return block;
}

Block checks_block(const drill::Verdict& verdict) {
  Block block{"\n<details><summary>What was expected</summary>\n\n" +
                  table_head({"phase", "check", "outcome", "what was seen"}),
              {},
              "\n</details>\n"};
  for (const drill::Check& check : verdict.checks) {
    const std::string outcome{to_string(check.outcome)};
    block.rows.push_back(row({std::string{to_string(check.phase)}, escape_markdown(check.name),
                              check.outcome == drill::Outcome::pass ? outcome : "**" + outcome + "**",
                              message(check.sentence)}));
  }
  return block;
}

Block restored_block(const History& history) {
  if (!history.changed) return {"\n", {"Nothing was changed in any cluster.\n"}};
  Block block{"\n### Put back\n\n", {}};
  const bool back = is_all_back(history);
  for (const std::string& line : put_back(history)) {
    block.rows.push_back(
        fmt::format("- {}{}\n", escape_markdown(line), back ? ", verified" : ": **NOT VERIFIED**"));
  }
  for (const std::string& line : history.ownership)
    block.rows.push_back(fmt::format("- {}\n", message(line)));
  if (!back && history.restored)
    block.rows.push_back(fmt::format("- {}\n", message(history.restored->message)));
  return block;
}

Block not_proved_block(const RunRecord& run) {
  Block block{fmt::format("\n### Not proved by this drill ({})\n\n", run.verdict.fault_class), {}};
  for (const std::string& sentence : not_proved(run.history, run.verdict))
    block.rows.push_back("- " + sentence + "\n");
  return block;
}

// Room for the notice that something was left out.
constexpr std::size_t notice_room = 200;

}  // namespace

std::string render_markdown(const RunRecord& run, std::size_t limit) {
  std::vector<Block> blocks{verdict_block(run),          refusal_block(run.history),
                            warnings_block(run.history), restored_block(run.history),
                            served_block(run.history),   not_proved_block(run),
                            outages_block(run.history),  checks_block(run.verdict)};
  std::string text;
  std::size_t left_out = 0;
  const std::size_t room = limit - notice_room;
  for (const Block& block : blocks) {
    std::string body = block.head;
    std::size_t kept = 0;
    for (const std::string& one : block.rows) {
      if (text.size() + body.size() + one.size() + block.tail.size() > room) break;
      body += one;
      ++kept;
    }
    left_out += block.rows.size() - kept;
    if (kept > 0) text += body + block.tail;
  }
  if (left_out > 0) {
    text += fmt::format(
        "\n> **Truncated**: {} left out to stay below {} bytes; the JSON report and the journal have all.\n",
        plural(left_out, "row"), limit);
  }
  return text;
}

}  // namespace meshdrill::report
