#include "commands.hpp"
#include "drill/engine.hpp"
#include "drill_run.hpp"
#include "exit_codes.hpp"
#include "mesh_access.hpp"

#include <cstdio>
#include <ctime>
#include <memory>

#include <fmt/chrono.h>
#include <fmt/format.h>

namespace meshdrill::cli {
namespace {

struct RunFlags {
  std::string file;
  std::string mesh;
  std::string kubeconfig;
  std::string journal;
  std::string output = "text";
};

// "api-failover-20260131T080509Z.jsonl" in the current folder.
std::string default_journal(const std::string& drill) {
  return fmt::format("{}-{:%Y%m%dT%H%M%SZ}.jsonl", drill, fmt::gmtime(std::time(nullptr)));
}

int run(const RunFlags& flags) {
  auto scenario = drill::read_scenario(flags.file);
  if (!scenario) {
    print(scenario.error());
    return exit_usage;
  }
  const std::string mesh_file = flags.mesh.empty() ? scenario->mesh_file.string() : flags.mesh;
  auto mesh = load_mesh_or_explain(mesh_file);
  if (!mesh) return exit_usage;
  if (const Diagnostics found = drill::check_against_mesh(*scenario, *mesh); !found.empty()) {
    print(found);
    return exit_usage;
  }
  auto kubeconfig = load_kubeconfig_or_explain(flags.kubeconfig);
  if (!kubeconfig) return exit_usage;
  const std::string journal = flags.journal.empty() ? default_journal(scenario->name) : flags.journal;
  return run_and_report(
      {std::move(*scenario), flags.file, std::move(*mesh), std::move(*kubeconfig), journal, flags.output});
}

void add_run(CLI::App& drill, Run& chosen) {
  CLI::App* verb = drill.add_subcommand("run", "Do it: scale down, measure, put back, judge");
  const auto flags = std::make_shared<RunFlags>();
  verb->add_option("file", flags->file, "The drill file")->required()->type_name("FILE");
  verb->add_option("-f,--mesh", flags->mesh, "The mesh file, instead of the one that the drill names")
      ->type_name("FILE");
  add_kubeconfig(*verb, flags->kubeconfig);
  verb->add_option("--journal", flags->journal,
                   "Where to write the journal; by default NAME-TIME.jsonl in this folder")
      ->type_name("FILE");
  verb->add_option("-o,--output", flags->output, "What to print at the end")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  verb->callback([&chosen, flags] { chosen = [flags] { return run(*flags); }; });
}

}  // namespace

void add_drill(CLI::App& app, Run& run) {
  CLI::App* verb =
      app.add_subcommand("drill", "Take a cluster's workloads away, measure what users see, put them back");
  verb->require_subcommand(1);
  add_run(*verb, run);
}

}  // namespace meshdrill::cli
