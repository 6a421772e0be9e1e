// The verbs about meshdrill itself, declared as those of commands.hpp are.
#pragma once

#include "commands.hpp"

#include <string>
#include <vector>

namespace meshdrill::cli {

void add_completion(CLI::App& app, Run& run);
void add_schema(CLI::App& app, Run& run);
void add_docs(CLI::App& app, Run& run);

// Prints what may come next on the command line `words`, whose last is half typed; for the shells.
int complete_words(const CLI::App& app, const std::vector<std::string>& words);

}  // namespace meshdrill::cli
