// What the parser knows: as the data that completion, man pages and reference are made of.
#pragma once

#include "manual/command.hpp"

#include <CLI/CLI.hpp>

namespace meshdrill::cli {

// Everything declared on `app`, but for what is hidden (a verb or an option of the group "").
manual::Command command_tree(const CLI::App& app);

// Has --help say values as the man pages do: "text|json [text]" where CLI11 says "TEXT:{text,json}=text", and
// shows numbers where names stand for them.
void tidy_help(CLI::App& app);

}  // namespace meshdrill::cli
