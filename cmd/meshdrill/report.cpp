#include "commands.hpp"
#include "exit_codes.hpp"
#include "report/comparison.hpp"
#include "report_outputs.hpp"

#include <cstdio>
#include <memory>
#include <vector>

#include <fmt/format.h>

namespace meshdrill::cli {
namespace {

struct ReportFlags {
  std::vector<std::string> journals;
  bool compare = false;
  ReportOutputs outputs;
};

int explain(const std::string& what) {
  fmt::print(stderr, "meshdrill: {}\n", what);
  return exit_usage;
}

int compare_two(const ReportFlags& flags) {
  if (flags.journals.size() != 2) return explain("--compare needs two journals: report --compare OLD NEW");
  for (const auto& [option, path] : flags.outputs.files) {
    if (!path.empty())
      return explain(option + " is for one journal; print the comparison with -o and redirect it");
  }
  const auto before = report::read_run(flags.journals[0]);
  if (!before) return explain(before.error().message);
  const auto now = report::read_run(flags.journals[1]);
  if (!now) return explain(now.error().message);
  const report::Comparison comparison = report::compare(*before, *now);
  std::string text;
  if (flags.outputs.format == "json") {
    text = render_json(comparison, *before, *now);
  } else if (flags.outputs.format == "markdown") {
    text = render_markdown(comparison, *before, *now);
  } else if (flags.outputs.format == "text") {
    text = render_text(comparison, *before, *now);
  } else {
    return explain("--compare prints text, markdown or json");
  }
  std::fputs(text.c_str(), stdout);
  return is_worse(comparison) ? exit_failed : exit_pass;
}

int render_one(const ReportFlags& flags) {
  if (flags.journals.size() != 1) return explain("one journal at a time; --compare takes two");
  if (const Result<> writable = check_outputs(flags.outputs); !writable)
    return explain(writable.error().message);
  const auto run = report::read_run(flags.journals.front());
  if (!run) return explain(run.error().message);
  if (const Result<> put = put_out(flags.outputs, *run); !put) return explain(put.error().message);
  return run->verdict.exit_code;
}

}  // namespace

void add_report(CLI::App& app, Run& run) {
  CLI::App* verb = app.add_subcommand(
      "report", "Render the journal of a drill again, or compare two; the exit code is the drill's");
  const auto flags = std::make_shared<ReportFlags>();
  verb->add_option("journal", flags->journals, "The journal; with --compare the old one and the new one")
      ->required()
      ->expected(1, 2)
      ->type_name("FILE");
  verb->add_flag("--compare", flags->compare,
                 "Say what changed between two drills, and what of it is more than chance; exits with 1 when "
                 "the verdict or anything measured got worse");
  add_outputs(*verb, flags->outputs);
  verb->callback(
      [&run, flags] { run = [flags] { return flags->compare ? compare_two(*flags) : render_one(*flags); }; });
}

}  // namespace meshdrill::cli
