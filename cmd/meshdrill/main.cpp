#include "commands.hpp"
#include "exit_codes.hpp"

#include <cstdio>
#include <exception>

namespace {

int run_command_line(int argc, char** argv) {
  CLI::App app{"Generates, probes and drills a Cilium Cluster Mesh."};
  app.set_version_flag("--version", MESHDRILL_VERSION);
  app.require_subcommand(1);
  meshdrill::cli::Run run;
  meshdrill::cli::add_check(app, run);
  meshdrill::cli::add_generate(app, run);
  meshdrill::cli::add_probe(app, run);
  meshdrill::cli::add_drill(app, run);
  meshdrill::cli::add_recover(app, run);
  meshdrill::cli::add_report(app, run);
  meshdrill::cli::add_lab(app, run);
  meshdrill::cli::add_demo(app, run);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? meshdrill::exit_pass : meshdrill::exit_usage;
  }
  return run();
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run_command_line(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "meshdrill: internal error: %s\n", error.what());
    return meshdrill::exit_failed;
  }
}
