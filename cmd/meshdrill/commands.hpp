// The verbs. Each add_… function declares its options on `app`; when the user chose that verb, it sets `run`
// to the function that does the work and returns the exit code. Command files hold options and output, no
// logic.
#pragma once

#include <functional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

namespace meshdrill::cli {

using Run = std::function<int()>;

void add_init(CLI::App& app, Run& run);
void add_check(CLI::App& app, Run& run);
void add_generate(CLI::App& app, Run& run);
void add_status(CLI::App& app, Run& run);
void add_probe(CLI::App& app, Run& run);
void add_drill(CLI::App& app, Run& run);
void add_recover(CLI::App& app, Run& run);
void add_report(CLI::App& app, Run& run);
void add_lab(CLI::App& app, Run& run);
void add_demo(CLI::App& app, Run& run);
void add_watchdog(CLI::App& app, Run& run);

// How a drill on these files has its watchdog started: RunOptions::watchdog.
std::vector<std::string> watchdog_arguments(const std::string& mesh, const std::string& kubeconfig);

}  // namespace meshdrill::cli
