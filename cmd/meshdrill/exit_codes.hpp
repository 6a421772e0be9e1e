#pragma once

namespace meshdrill {

// What the exit code of every verb means; docs/reference/exit-codes.md says the same to users.
enum ExitCode : int {
  exit_pass = 0,
  exit_failed = 1,         // ran, and what was expected did not hold; restored
  exit_usage = 2,          // usage or input error; nothing was contacted
  exit_refused = 3,        // refused before any change
  exit_aborted = 4,        // aborted by a guard or by interference; restored
  exit_not_restored = 5,   // restore not verified; beats every other code
  exit_inconclusive = 6,   // too few samples, blind observer, fault not proved; restored
  exit_interrupted = 130,  // SIGINT; restored
  exit_terminated = 143,   // SIGTERM; restored
};

}  // namespace meshdrill
