#include "base/files.hpp"
#include "command_tree.hpp"
#include "exit_codes.hpp"
#include "exit_table.hpp"
#include "manual/man_page.hpp"
#include "manual/reference.hpp"
#include "self_commands.hpp"
#include "version.hpp"

#include <cstdio>
#include <filesystem>
#include <memory>

#include <fmt/format.h>

namespace meshdrill::cli {
namespace {

struct DocsOptions {
  std::string type;
  std::string folder;
};

Result<> write_man_pages(const manual::Command& program, const manual::Command& command,
                         const std::filesystem::path& folder) {
  const manual::ManualFacts facts{version(), commit_date(), exit_table};
  const auto written =
      write_file(folder / (manual::page_name(command) + ".1"), manual::man_page(program, command, facts));
  if (!written) return written;
  for (const manual::Command& inner : command.commands) {
    if (auto done = write_man_pages(program, inner, folder); !done) return done;
  }
  return {};
}

int docs(const CLI::App& app, const DocsOptions& options) {
  const manual::Command program = command_tree(app);
  if (options.type == "markdown") {
    std::fputs(manual::reference_page(program, exit_table).c_str(), stdout);
    return exit_pass;
  }
  std::error_code error;
  std::filesystem::create_directories(options.folder, error);
  const auto written = write_man_pages(program, program, options.folder);
  if (written) return exit_pass;
  fmt::print(stderr, "meshdrill: {}\n", written.error().message);
  return exit_usage;
}

}  // namespace

void add_docs(CLI::App& app, Run& run) {
  CLI::App* verb = app.add_subcommand("docs", "Write the man pages, or print the reference of the verbs");
  verb->group("");  // for those who package it
  const auto options = std::make_shared<DocsOptions>();
  verb->add_option("--type", options->type, "man or markdown")
      ->required()
      ->check(CLI::IsMember({"man", "markdown"}));
  verb->add_option("--dir", options->folder, "Where to write the man pages")
      ->type_name("FOLDER")
      ->default_val(".");
  verb->callback([&app, &run, options] { run = [&app, options] { return docs(app, *options); }; });
}

}  // namespace meshdrill::cli
