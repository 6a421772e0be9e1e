#include "report_outputs.hpp"

#include "base/files.hpp"
#include "report/csv_report.hpp"
#include "report/github_report.hpp"
#include "report/html_report.hpp"
#include "report/json_report.hpp"
#include "report/junit_report.hpp"
#include "report/markdown_report.hpp"
#include "report/prometheus_report.hpp"
#include "report/text_report.hpp"
#include "terminal.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <system_error>
#include <unistd.h>
#include <vector>

#include <fmt/format.h>

namespace meshdrill::cli {
namespace {

namespace fs = std::filesystem;
using report::RunRecord;

struct Format {
  std::string_view name;    // of -o; "" for what only a file is made of
  std::string_view option;  // of the file; "" when there is none
  std::string_view help;    // of the option
  std::string (*render)(const RunRecord&);
};

std::string text(const RunRecord& run) {
  return report::render_text(run.history, run.verdict, false);
}
std::string json(const RunRecord& run) {
  return report::render_json(run.history, run.verdict);
}
std::string markdown(const RunRecord& run) {
  return report::render_markdown(run);
}
std::string comment(const RunRecord& run) {
  return report::render_markdown(run, report::most_comment_bytes);
}

constexpr std::string_view summary_option = "--summary";

constexpr std::array<Format, 10> formats{{
    {"text", "--text", "Write the summary for people to this file", text},
    {"json", "--json", "Write the verdict and its grounds as JSON to this file", json},
    {"html", "--html", "Write a page to this file that needs nothing else to be read", report::render_html},
    {"markdown", "--markdown", "Write the summary as Markdown to this file, at most 1 MiB", markdown},
    {"", summary_option, "Append the Markdown to this file, as to $GITHUB_STEP_SUMMARY, at most 1 MiB in all",
     markdown},
    {"", "--comment", "Write the Markdown to this file, at most 65,536 bytes, for a comment on a change",
     comment},
    {"junit", "--junit", "Write the checks as JUnit XML to this file", report::render_junit},
    {"csv", "--csv", "Write the timeline to this file, a row a window of time", report::render_csv},
    {"prometheus", "--prometheus", "Write metrics to this file, for a textfile collector",
     report::render_prometheus},
    {"github", "", "", report::render_github},
}};

// Only a regular file can be replaced; a pipe or a device is written to.
bool is_special(const fs::path& path) {
  std::error_code error;
  return fs::exists(path, error) && !fs::is_regular_file(path, error);
}

Result<> write(const fs::path& path, const std::string& content) {
  if (!is_special(path)) return write_file(path, content);
  std::ofstream file{path};
  file << content << std::flush;
  if (!file) return fail(fmt::format("cannot write {}", path.string()));
  return {};
}

// GitHub shows what all commands of a step have put there, or nothing at all when that is too much.
Result<> append_summary(const fs::path& path, const RunRecord& run) {
  constexpr std::size_t least_room = std::size_t{32} << 10;
  std::string content;
  if (!is_special(path) && fs::exists(path)) {
    auto before = read_file(path);
    if (!before) return tl::unexpected(before.error());
    content = std::move(*before);
    if (!content.empty()) content += "\n";
  }
  if (content.size() + least_room > report::most_summary_bytes) {
    return fail(fmt::format("{} holds {} bytes already, so that a summary more would make GitHub drop it all",
                            path.string(), content.size()));
  }
  return write(path, content + render_markdown(run, report::most_summary_bytes - content.size()));
}

Result<> write_option(std::string_view option, const fs::path& path, const RunRecord& run) {
  if (option == summary_option) return append_summary(path, run);
  const auto* format =
      std::find_if(formats.begin(), formats.end(), [&](const Format& f) { return f.option == option; });
  return write(path, format->render(run));
}

}  // namespace

void add_outputs(CLI::App& verb, ReportOutputs& outputs) {
  std::vector<std::string> names;
  for (const Format& format : formats) {
    if (!format.name.empty()) names.emplace_back(format.name);
  }
  verb.add_option("-o,--output", outputs.format, "What to print at the end")
      ->check(CLI::IsMember(names))
      ->capture_default_str();
  for (const Format& format : formats) {
    if (format.option.empty()) continue;
    const std::string option{format.option};
    verb.add_option(option, outputs.files[option], std::string{format.help})->type_name("FILE");
  }
  verb.add_flag("--annotations", outputs.annotations,
                "Print annotations of GitHub Actions as well, for what did not hold");
}

fs::path path_of_cluster(const fs::path& path, const std::string& cluster) {
  return path.parent_path() /
         fmt::format("{}-{}{}", path.stem().string(), cluster, path.extension().string());
}

ReportOutputs outputs_of_cluster(ReportOutputs outputs, const std::string& cluster) {
  for (auto& [option, path] : outputs.files) {
    if (!path.empty() && option != summary_option && !is_special(path))
      path = path_of_cluster(path, cluster).string();
  }
  return outputs;
}

Result<> check_outputs(const ReportOutputs& outputs) {
  for (const auto& [option, path] : outputs.files) {
    if (path.empty() || is_special(path)) continue;
    const fs::path parent = fs::path{path}.parent_path();
    const fs::path folder = parent.empty() ? fs::path{"."} : parent;
    std::error_code error;
    if (!fs::is_directory(folder, error))
      return fail(fmt::format("{} {}: there is no folder {}", option, path, folder.string()));
    if (::access(folder.c_str(), W_OK) != 0)
      return fail(fmt::format("{} {}: {} cannot be written to", option, path, folder.string()));
  }
  return {};
}

Result<> put_out(const ReportOutputs& outputs, const report::RunRecord& run) {
  const auto* format =
      std::find_if(formats.begin(), formats.end(), [&](const Format& f) { return f.name == outputs.format; });
  // Only the text has colours.
  const std::string printed = outputs.format == "text"
                                  ? report::render_text(run.history, run.verdict, wants_colour(stdout))
                                  : format->render(run);
  const std::string annotations = outputs.annotations ? render_github(run) : "";
  Result<> result;
  // A job that reads an empty file must not believe that all is well.
  if (std::fputs(printed.c_str(), stdout) < 0 || std::fputs(annotations.c_str(), stdout) < 0 ||
      std::fflush(stdout) != 0) {
    result = fail("the report could not be written to stdout: " + std::generic_category().message(errno));
  }
  for (const auto& [option, path] : outputs.files) {
    if (path.empty()) continue;
    if (const auto written = write_option(option, path, run); !written && result) result = written;
  }
  return result;
}

}  // namespace meshdrill::cli
