// What the command line of `meshdrill probe` says, read and checked.
#pragma once

#include "probe/prober.hpp"
#include "probe/show/probe_report.hpp"

#include <optional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

namespace meshdrill::cli {

struct ProbeOptions {
  probe::ProbeConfig config;
  probe::Questions questions;
  std::optional<Duration> duration;  // none: until Ctrl-C, or what else ends it
  bool until_sure = false;
  bool quiet = false;
  std::string output = "text";
  std::string csv_file;         // empty: none
  std::string prometheus_file;  // empty: none
  std::string listen;           // ADDRESS:PORT; empty: none

  // As typed, until finish_options() has read them.
  std::vector<std::string> connections{"new"};
  std::string mesh_file;
  std::string duration_text;
  double tolerance_points = 10;
  double confidence_percent = 95;
  std::vector<std::string> weights;
  std::vector<std::string> conditions;
  std::vector<std::string> address_names;
  bool by_address = false;
};

// Declares every option on `command`, to be read into `options`, which outlives it.
void declare_probe_options(CLI::App& command, ProbeOptions& options);

// Reads what was typed, and the mesh file. False, with the error printed, when something is wrong.
bool finish_options(ProbeOptions& options);

}  // namespace meshdrill::cli
