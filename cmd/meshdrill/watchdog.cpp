// `meshdrill watchdog`: what a drill starts beside itself. Nobody types it, so the help does not list it.
#include "commands.hpp"
#include "drill/safety/watch_over.hpp"
#include "exit_codes.hpp"
#include "mesh_access.hpp"

#include <cstdio>
#include <memory>
#include <sys/stat.h>
#include <unistd.h>

#include <fmt/format.h>

namespace meshdrill::cli {
namespace {

struct WatchdogFlags {
  std::string mesh;
  std::string kubeconfig;
  std::string run;
  std::string journal;
  std::chrono::steady_clock::rep epoch = 0;
};

bool has_drill() {
  struct stat input{};
  return ::fstat(STDIN_FILENO, &input) == 0 && S_ISSOCK(input.st_mode);
}

int watch(const WatchdogFlags& flags) {
  if (!has_drill()) {
    fmt::print(stderr,
               "meshdrill: a drill starts its watchdog itself; to put back what one left, run: "
               "meshdrill recover\n");
    return exit_usage;
  }
  const auto mesh = load_mesh_or_explain(flags.mesh);
  if (!mesh) return exit_usage;
  const auto kubeconfig = load_kubeconfig_or_explain(flags.kubeconfig);
  if (!kubeconfig) return exit_usage;
  asio::io_context io{1};
  Diagnostics notes;  // the drill has shown them
  const auto clusters = drill::open_clusters(io.get_executor(), *mesh, *kubeconfig, notes);
  if (!clusters) {
    print(clusters.error());
    return exit_usage;
  }
  drill::WatchOver options;
  options.run = flags.run;
  options.journal = flags.journal;
  options.epoch = std::chrono::steady_clock::time_point{std::chrono::steady_clock::duration{flags.epoch}};
  options.talk = [](const std::string& text) { fmt::print(stderr, "meshdrill watchdog: {}\n", text); };
  return drill::watch_over(io, *clusters, options) ? exit_pass : exit_not_restored;
}

}  // namespace

std::vector<std::string> watchdog_arguments(const std::string& mesh, const std::string& kubeconfig) {
  std::vector<std::string> arguments{"watchdog", "--mesh", mesh};
  if (!kubeconfig.empty()) arguments.insert(arguments.end(), {"--kubeconfig", kubeconfig});
  return arguments;
}

void add_watchdog(CLI::App& app, Run& run) {
  CLI::App* verb =
      app.add_subcommand("watchdog", "Started by a drill, to put back what it leaves if it dies");
  verb->group("");
  const auto flags = std::make_shared<WatchdogFlags>();
  verb->add_option("--mesh", flags->mesh)->required();
  add_kubeconfig(*verb, flags->kubeconfig);
  verb->add_option("--run", flags->run)->required();
  verb->add_option("--journal", flags->journal)->required();
  verb->add_option("--epoch", flags->epoch)->required();
  verb->callback([&run, flags] { run = [flags] { return watch(*flags); }; });
}

}  // namespace meshdrill::cli
