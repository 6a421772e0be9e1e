#pragma once

#include "manual/command.hpp"

namespace meshdrill {

// What exit_codes.hpp says, for users: man pages, docs/reference/cli.md.
inline constexpr manual::ExitMeaning exit_table[] = {
    {"0", "pass"},
    {"1", "ran, and what was expected did not hold; restored"},
    {"2", "usage or input error; nothing was contacted"},
    {"3", "refused before any change"},
    {"4", "aborted by a guard or by interference; restored"},
    {"5", "restore not verified: this beats every other code"},
    {"6", "inconclusive: too few samples, blind observer, fault not proved; restored"},
    {"130, 143", "interrupted by SIGINT, or by SIGTERM or SIGHUP; restored"},
};

}  // namespace meshdrill
