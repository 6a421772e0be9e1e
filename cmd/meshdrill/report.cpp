#include "commands.hpp"
#include "exit_codes.hpp"
#include "report/json_report.hpp"
#include "report/text_report.hpp"
#include "terminal.hpp"

#include <cstdio>
#include <memory>

#include <fmt/format.h>

namespace meshdrill::cli {
namespace {

struct ReportFlags {
  std::string journal;
  std::string output = "text";
};

int report(const ReportFlags& flags) {
  const auto history = drill::read_history(flags.journal);
  if (!history) {
    fmt::print(stderr, "meshdrill: {}\n", history.error().message);
    return exit_usage;
  }
  const drill::Verdict verdict = drill::judge(*history);
  const std::string text = flags.output == "json"
                               ? report::render_json(*history, verdict)
                               : report::render_text(*history, verdict, wants_colour(stdout));
  std::fputs(text.c_str(), stdout);
  return verdict.exit_code;
}

}  // namespace

void add_report(CLI::App& app, Run& run) {
  CLI::App* verb =
      app.add_subcommand("report", "Render the journal of a drill again; the exit code is the drill's");
  const auto flags = std::make_shared<ReportFlags>();
  verb->add_option("journal", flags->journal, "The journal")->required()->type_name("FILE");
  verb->add_option("-o,--output", flags->output, "How")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  verb->callback([&run, flags] { run = [flags] { return report(*flags); }; });
}

}  // namespace meshdrill::cli
