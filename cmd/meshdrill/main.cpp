#include "base/diagnostic.hpp"
#include "base/openssl_memory.hpp"
#include "base/text.hpp"
#include "command_tree.hpp"
#include "commands.hpp"
#include "exit_codes.hpp"
#include "self_commands.hpp"
#include "version.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <string>
#include <string_view>
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

struct Verb {
  std::string_view name;
  void (*add)(CLI::App& app, meshdrill::cli::Run& run);
};

constexpr std::array<Verb, 14> verbs{{
    {"init", meshdrill::cli::add_init},
    {"check", meshdrill::cli::add_check},
    {"generate", meshdrill::cli::add_generate},
    {"status", meshdrill::cli::add_status},
    {"probe", meshdrill::cli::add_probe},
    {"drill", meshdrill::cli::add_drill},
    {"recover", meshdrill::cli::add_recover},
    {"report", meshdrill::cli::add_report},
    {"lab", meshdrill::cli::add_lab},
    {"demo", meshdrill::cli::add_demo},
    {"completion", meshdrill::cli::add_completion},
    {"schema", meshdrill::cli::add_schema},
    {"docs", meshdrill::cli::add_docs},
    {"watchdog", meshdrill::cli::add_watchdog},
}};

// All of them, unless the first word is a verb that needs no other declared: the options of all verbs are
// most of what starting costs, two megabytes among it. `docs` describes the others.
void declare_verbs(CLI::App& app, meshdrill::cli::Run& run, std::string_view first_word) {
  app.set_version_flag("--version", [] { return meshdrill::cli::version_text(); });
  app.require_subcommand(1);
  const auto is_first = [&](const Verb& verb) { return verb.name == first_word; };
  const bool one = first_word != "docs" && std::any_of(verbs.begin(), verbs.end(), is_first);
  for (const Verb& verb : verbs) {
    if (!one || is_first(verb)) verb.add(app, run);
  }
  meshdrill::cli::tidy_help(app);
}

int run_command_line(int argc, char** argv) {
  CLI::App app{"Generates, probes and drills a Cilium Cluster Mesh."};
  meshdrill::cli::Run run;
  declare_verbs(app, run, argc > 1 ? argv[1] : "");
  // How it was called: kubectl runs kubectl-meshdrill for `kubectl meshdrill`, and asks
  // kubectl_complete-meshdrill what may come next.
  const std::string program = argc > 0 ? std::filesystem::path{argv[0]}.filename().string() : "meshdrill";
  app.name(program == "kubectl-meshdrill" ? "kubectl meshdrill" : "meshdrill");
  const bool asked_by_kubectl = program == "kubectl_complete-meshdrill";
  const bool asked_by_shell = argc > 1 && std::string_view{argv[1]} == "__complete";
  if (asked_by_kubectl || asked_by_shell)
    return meshdrill::cli::complete_words(app, {argv + (asked_by_shell ? 2 : 1), argv + argc});
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
  meshdrill::openssl::keep_memory();
  try {
    return run_command_line(argc, argv);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "meshdrill: internal error: %s\n", error.what());
    return meshdrill::exit_failed;
  }
}
