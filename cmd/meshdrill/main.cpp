#include "base/diagnostic.hpp"
#include "base/text.hpp"
#include "commands.hpp"
#include "exit_codes.hpp"

#include <algorithm>
#include <cstdio>
#include <exception>
#include <string>
#include <vector>

#include <fmt/format.h>

namespace {

// What to say of a first word that is no verb; CLI11 would only say that a verb is missing.
std::string unknown_verb(const CLI::App& app, int argc, char** argv) {
  if (argc < 2 || argv[1][0] == '-') return {};
  const std::string word = argv[1];
  std::vector<std::string> names;
  for (const CLI::App* verb : app.get_subcommands(nullptr)) names.push_back(verb->get_name());
  if (std::find(names.begin(), names.end(), word) != names.end()) return {};
  const std::string near = meshdrill::closest(word, {names.begin(), names.end()});
  return fmt::format("meshdrill: there is no verb \"{}\"{}\nRun meshdrill --help for the verbs.\n",
                     meshdrill::printable(word),
                     near.empty() ? "." : fmt::format("; did you mean \"{}\"?", near));
}

int run_command_line(int argc, char** argv) {
  CLI::App app{"Generates, probes and drills a Cilium Cluster Mesh."};
  app.set_version_flag("--version", MESHDRILL_VERSION);
  app.require_subcommand(1);
  meshdrill::cli::Run run;
  meshdrill::cli::add_init(app, run);
  meshdrill::cli::add_check(app, run);
  meshdrill::cli::add_generate(app, run);
  meshdrill::cli::add_probe(app, run);
  meshdrill::cli::add_drill(app, run);
  meshdrill::cli::add_recover(app, run);
  meshdrill::cli::add_report(app, run);
  meshdrill::cli::add_lab(app, run);
  meshdrill::cli::add_demo(app, run);
  if (const std::string unknown = unknown_verb(app, argc, argv); !unknown.empty()) {
    std::fputs(unknown.c_str(), stderr);
    return meshdrill::exit_usage;
  }
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
