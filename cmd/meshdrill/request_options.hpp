// The options of `meshdrill probe` that say how it asks: rate, request, expectation, TLS, connections.
#pragma once

#include "probe/prober.hpp"

#include <CLI/CLI.hpp>

namespace meshdrill::cli {

// Declares --rate and --in-flight, which go together: "max" is a closed loop of so many connections.
void add_rate(CLI::App& command, probe::ProbeConfig& config);

// Declares what the request carries, what its answer must be, TLS but for --cacert, and how long connections
// are kept. `config` must outlive the parsing.
void add_request_options(CLI::App& command, probe::ProbeConfig& config);

}  // namespace meshdrill::cli
