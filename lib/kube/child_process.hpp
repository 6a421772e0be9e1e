// Runs a program and reads what it prints, without a shell and without blocking the thread.
#pragma once

#include "base/async.hpp"
#include "base/duration.hpp"
#include "base/result.hpp"

#include <chrono>
#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace meshdrill::kube {

struct ChildProcess {
  std::string program;  // with a '/' a path, otherwise found in PATH
  std::vector<std::string> arguments;
  std::vector<std::pair<std::string, std::string>> environment;  // beside our own, and before it
  // It may ask the person at the terminal: it has our standard input and gets their Ctrl-C. Otherwise its
  // standard input is empty, and it runs in a process group of its own.
  bool interactive = false;
  Duration timeout = std::chrono::seconds{60};  // then it is killed
  std::size_t output_limit = std::size_t{1} << 20;
};

struct ChildOutput {
  int exit_code = 0;   // 128 + the signal when one ended it
  std::string output;  // its standard output; may be secret. Its standard error is ours.
};

// An error when it cannot be started, does not end in time, or prints too much. When the coroutine is
// cancelled, which throws operation_aborted, or destroyed, the program is killed.
Task<Result<ChildOutput>> run_child(Executor executor, ChildProcess process);

}  // namespace meshdrill::kube
