// The summary that a person reads after a drill, or any time later.
#pragma once

#include "drill/journal/history.hpp"
#include "drill/verdict/verdict.hpp"

#include <string>

namespace meshdrill::report {

// Lines for a terminal, ending in a newline. `colour` adds ANSI colours to the words that matter.
std::string render_text(const drill::History& history, const drill::Verdict& verdict, bool colour);

}  // namespace meshdrill::report
