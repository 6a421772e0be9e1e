// docs/reference/cli.md.
#pragma once

#include "manual/command.hpp"

#include <span>
#include <string>

namespace meshdrill::manual {

// Every verb with its options, as Markdown.
std::string reference_page(const Command& program, std::span<const ExitMeaning> exits);

}  // namespace meshdrill::manual
