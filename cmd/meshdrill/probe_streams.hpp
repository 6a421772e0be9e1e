// The options of `probe` that say which streams there are and when they ask.
#pragma once

#include "probe/prober.hpp"

#include <CLI/CLI.hpp>

namespace meshdrill::cli {

void add_stream_options(CLI::App& command, probe::ProbeConfig& config);

}  // namespace meshdrill::cli
