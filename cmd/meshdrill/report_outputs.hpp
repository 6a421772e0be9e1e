// What becomes of a run's record: the format that is printed, and the files that are written. Shared by
// `report` and `drill run`.
#pragma once

#include "base/result.hpp"
#include "report/run_record.hpp"

#include <filesystem>
#include <map>
#include <string>

#include <CLI/CLI.hpp>

namespace meshdrill::cli {

struct ReportOutputs {
  std::string format = "text";               // of what is printed
  bool annotations = false;                  // GitHub's, after it
  std::map<std::string, std::string> files;  // option, as "--junit" -> path; empty when not asked for
};

void add_outputs(CLI::App& verb, ReportOutputs& outputs);

// "smoke-lab-001.xml" of "smoke.xml": the file of one cluster's run, where a drill is of each in turn.
std::filesystem::path path_of_cluster(const std::filesystem::path& path, const std::string& cluster);
// The same for every file that is replaced; a summary grows by what each run adds.
ReportOutputs outputs_of_cluster(ReportOutputs outputs, const std::string& cluster);

// Whether the files can be written at all, before anything is contacted.
Result<> check_outputs(const ReportOutputs& outputs);

// Prints to stdout and writes the files, each under a temporary name first; goes on after one that fails and
// returns the first failure.
Result<> put_out(const ReportOutputs& outputs, const report::RunRecord& run);

}  // namespace meshdrill::cli
