#include "drill_run.hpp"

#include "drill/run/engine.hpp"
#include "exit_codes.hpp"
#include "mesh_access.hpp"
#include "report/live_view.hpp"
#include "report/run_record.hpp"
#include "terminal.hpp"

#include <algorithm>
#include <cstdio>
#include <iostream>
#include <string>

#include <fmt/format.h>

namespace meshdrill::cli {
namespace {

// Whether the person who starts it means this cluster: named on the command line, or typed in.
bool confirm(const DrillRun& run, const std::string& cluster, const std::string& environment) {
  if (std::find(run.confirmed.begin(), run.confirmed.end(), cluster) != run.confirmed.end()) return true;
  if (!run.may_ask || !is_terminal(stdin) || !is_terminal(stderr)) return false;
  fmt::print(stderr, "{} says that it is {}. Type its name to drill it: ", cluster, environment);
  std::fflush(stderr);
  std::string answer;
  std::getline(std::cin, answer);
  return answer == cluster;
}

}  // namespace

int run_and_report(DrillRun run) {
  report::LiveView::Screen screen;
  if (is_terminal(stderr)) {
    screen = [] {
      const auto [width, height] = terminal_size(stderr);
      return probe::Canvas{width, height, wants_colour(stderr)};
    };
  }
  report::LiveView live{stderr, std::move(screen)};
  drill::RunOptions options;
  options.scenario = std::move(run.scenario);
  options.scenario_file = std::move(run.scenario_file);
  options.mesh = std::move(run.mesh);
  options.kubeconfig = std::move(run.kubeconfig);
  options.journal = run.journal;
  options.version = MESHDRILL_VERSION;
  options.watchdog = std::move(run.watchdog);
  options.watch = [&](const drill::Entry& entry, const drill::History& history) {
    live.show(entry, history);
  };
  options.confirm = [&](const std::string& cluster, const std::string& environment) {
    return confirm(run, cluster, environment);
  };
  const auto history = drill::run_drill(std::move(options));
  if (!history) {
    print(history.error());
    return exit_usage;
  }
  // The verdict is that of the run itself, should the journal have met a full disk.
  report::RunRecord record{*history, drill::judge(*history), {}};
  if (auto read = report::read_run(run.journal)) record.timeline = std::move(read->timeline);
  if (run.outputs.format == "text") std::fputs("\n", stdout);
  const Result<> put = put_out(run.outputs, record);
  if (!put) fmt::print(stderr, "meshdrill: {}\n", put.error().message);
  fmt::print(stderr, "\nJournal: {}\nRead it again: meshdrill report {}\n", run.journal.string(),
             run.journal.string());
  return record.verdict.exit_code == exit_pass && !put ? exit_failed : record.verdict.exit_code;
}

}  // namespace meshdrill::cli
