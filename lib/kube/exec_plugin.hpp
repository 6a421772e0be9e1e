// Credentials from a program, as kubectl gets them: client.authentication.k8s.io.
#pragma once

#include "base/async.hpp"
#include "base/result.hpp"
#include "kube/connection.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

namespace meshdrill::kube {

struct ExecCredential {
  std::string token;        // secret; may be empty
  std::string certificate;  // PEM; may be empty
  std::string key;          // PEM; secret; goes with the certificate
  // nullopt: good until it is refused. Microseconds reach beyond 2262, where the system clock's own unit
  // ends.
  std::optional<std::chrono::sys_time<std::chrono::microseconds>> expires;
};

// What the program printed. Messages never quote it.
Result<ExecCredential> parse_exec_credential(std::string_view output, const ExecPlugin& plugin);

// What the program is told in KUBERNETES_EXEC_INFO.
std::string exec_info(const ExecPlugin& plugin, bool interactive);

// Runs it. It has a minute, or five when it may ask the person at the terminal. Messages name the program and
// how to get it.
Task<Result<ExecCredential>> run_exec_plugin(Executor executor, ExecPlugin plugin);

}  // namespace meshdrill::kube
