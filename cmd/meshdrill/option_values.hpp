// What options of several kinds are given: durations, and names with values.
#pragma once

#include "base/duration.hpp"

#include <optional>
#include <string>
#include <utility>

#include <CLI/CLI.hpp>

namespace meshdrill::cli {

// Declares an option that reads a duration above zero into `target`, whose present value is the default. A
// wrong one is a usage error.
CLI::Option* add_duration(CLI::App& command, const std::string& name, Duration& target,
                          const std::string& help);

// Cuts "NAME=VALUE" at the last '='; neither may be empty. An IPv6 address has no '='.
std::optional<std::pair<std::string, std::string>> name_and_value(const std::string& text);

}  // namespace meshdrill::cli
