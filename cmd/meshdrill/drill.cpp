#include "commands.hpp"
#include "drill/plan/runbook.hpp"
#include "drill/run/engine.hpp"
#include "drill_flags.hpp"
#include "drill_plan.hpp"
#include "drill_run.hpp"
#include "exit_codes.hpp"
#include "mesh_access.hpp"

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <memory>

#include <fmt/chrono.h>
#include <fmt/format.h>

namespace meshdrill::cli {
namespace {

namespace fs = std::filesystem;

struct RunFlags {
  DrillFlags drill;
  std::string journal;
  ReportOutputs outputs;
  std::vector<std::string> confirm;
  bool no_input = false;
  bool dry_run = false;
};

// "api-failover-20260131T080509Z.jsonl" in the current folder; with the cluster in it when there are several.
fs::path journal_of(const RunFlags& flags, const drill::Scenario& run) {
  if (flags.journal.empty()) {
    return fmt::format("{}{}-{:%Y%m%dT%H%M%SZ}.jsonl", run.name,
                       run.target.each ? "-" + run.target.cluster : std::string{},
                       fmt::gmtime(std::time(nullptr)));
  }
  const fs::path given = flags.journal;
  return run.target.each ? path_of_cluster(given, run.target.cluster) : given;
}

// One cluster after the other; the first that does not pass is the last.
int run(const RunFlags& flags) {
  const bool plan_has_format = flags.outputs.format == "text" || flags.outputs.format == "json";
  if (flags.dry_run && !plan_has_format) {
    fmt::print(stderr, "meshdrill: --dry-run prints text or json\n");
    return exit_usage;
  }
  if (const Result<> writable = check_outputs(flags.outputs); !writable) {
    fmt::print(stderr, "meshdrill: {}\n", writable.error().message);
    return exit_usage;
  }
  auto loaded = load_drill(flags.drill);
  if (!loaded) return exit_usage;
  const auto kubeconfig = load_kubeconfig_or_explain(flags.drill.kubeconfig);
  if (!kubeconfig) return exit_usage;
  if (flags.dry_run) return print_plans(*loaded, *kubeconfig, flags.outputs.format);
  int code = exit_pass;
  for (drill::Scenario& scenario : drill::runs_of(loaded->scenario, loaded->mesh)) {
    DrillRun one;
    one.journal = journal_of(flags, scenario);
    one.outputs =
        scenario.target.each ? outputs_of_cluster(flags.outputs, scenario.target.cluster) : flags.outputs;
    one.scenario = std::move(scenario);
    one.scenario_file = flags.drill.file;
    one.mesh = loaded->mesh;
    one.kubeconfig = *kubeconfig;
    one.confirmed = flags.confirm;
    one.may_ask = !flags.no_input;
    one.watchdog = watchdog_arguments(loaded->scenario.mesh_file.string(), flags.drill.kubeconfig);
    code = run_and_report(std::move(one));
    if (code != exit_pass) return code;
  }
  return code;
}

int runbook(const DrillFlags& flags) {
  const auto loaded = load_drill(flags);
  if (!loaded) return exit_usage;
  bool first = true;
  for (const drill::Scenario& run : drill::runs_of(loaded->scenario, loaded->mesh)) {
    if (!first) std::fputs("\n---\n\n", stdout);
    first = false;
    std::fputs(drill::write_runbook(run, loaded->mesh, flags.file).c_str(), stdout);
  }
  return exit_pass;
}

int plan(const DrillFlags& flags, const std::string& output) {
  const auto loaded = load_drill(flags);
  if (!loaded) return exit_usage;
  const auto kubeconfig = load_kubeconfig_or_explain(flags.kubeconfig);
  if (!kubeconfig) return exit_usage;
  return print_plans(*loaded, *kubeconfig, output);
}

void add_plan(CLI::App& drill, Run& chosen) {
  CLI::App* verb = drill.add_subcommand(
      "plan",
      "Say what it would write, who may, what the preflight finds, and how to undo it; change nothing");
  const auto flags = std::make_shared<DrillFlags>();
  const auto output = std::make_shared<std::string>("text");
  add_drill_flags(*verb, *flags, true);
  verb->add_option("-o,--output", *output, "What to print")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  verb->callback([&chosen, flags, output] { chosen = [flags, output] { return plan(*flags, *output); }; });
}

void add_run(CLI::App& drill, Run& chosen) {
  CLI::App* verb = drill.add_subcommand("run", "Do it: break, measure, put back, judge");
  const auto flags = std::make_shared<RunFlags>();
  add_drill_flags(*verb, flags->drill, true);
  verb->add_option(
          "--journal", flags->journal,
          "Where to write the journal; by default NAME-TIME.jsonl in this folder. With target.cluster: "
          "each, the cluster's name is put before its end, as before that of every file below but --summary")
      ->type_name("FILE");
  add_outputs(*verb, flags->outputs);
  verb->add_option("--confirm", flags->confirm,
                   "Go on although this cluster says that it is production; without it you are asked")
      ->type_name("CLUSTER")
      ->allow_extra_args(false);
  verb->add_flag("--no-input", flags->no_input, "Never ask: what would need an answer is refused");
  verb->add_flag("--dry-run", flags->dry_run, "The same as drill plan");
  verb->callback([&chosen, flags] { chosen = [flags] { return run(*flags); }; });
}

void add_runbook(CLI::App& drill, Run& chosen) {
  CLI::App* verb = drill.add_subcommand(
      "runbook", "Write the same steps and checks as Markdown, to be followed by hand; contact nobody");
  const auto flags = std::make_shared<DrillFlags>();
  add_drill_flags(*verb, *flags, false);
  verb->callback([&chosen, flags] { chosen = [flags] { return runbook(*flags); }; });
}

}  // namespace

void add_drill(CLI::App& app, Run& run) {
  CLI::App* verb =
      app.add_subcommand("drill", "Take something of a cluster away, measure what users see, put it back");
  verb->require_subcommand(1);
  add_plan(*verb, run);
  add_run(*verb, run);
  add_runbook(*verb, run);
}

}  // namespace meshdrill::cli
