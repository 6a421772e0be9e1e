#pragma once

#include <string>

namespace meshdrill::cli {

// "0.1.0"
std::string version();

// Of the commit that this was built from, "2026-01-31".
std::string commit_date();

// What --version prints: version, commit, compiler, and every library with the version that runs.
std::string version_text();

}  // namespace meshdrill::cli
