// Man pages, one a command.
#pragma once

#include "manual/command.hpp"

#include <span>
#include <string>

namespace meshdrill::manual {

struct ManualFacts {
  std::string version;  // "0.1.0"
  std::string date;     // "2026-01-31"
  std::span<const ExitMeaning> exits;
};

// "meshdrill-drill-run", the page's name without its section.
std::string page_name(const Command& command);

// The page of `command` in section 1, in the macros of man(7). `program` is the command at the top.
std::string man_page(const Command& program, const Command& command, const ManualFacts& facts);

}  // namespace meshdrill::manual
