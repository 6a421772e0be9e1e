// Runs a command in a Pod's container (pods/exec) over a WebSocket, as kubectl does since 1.31. Only for
// commands that end by themselves and take no input.
#pragma once

#include "kube/client.hpp"

#include <cstddef>
#include <string>
#include <vector>

namespace meshdrill::kube {

struct ExecRequest {
  std::string namespace_name;
  std::string pod;
  std::string container;
  std::vector<std::string> command;                 // no shell is in between
  Duration timeout = std::chrono::seconds{10};      // from connecting to the command's end
  std::size_t output_limit = std::size_t{4} << 20;  // of stdout and stderr together; more is an error
};

struct ExecResult {
  std::string out;
  std::string err;
  int exit_code = 0;
};

// A command that ran is a result, whatever its exit code. Errors: the API's refusal, as of any request; a
// container that does not run or has no such program (Kind::api, of the Status that the API sends in place of
// an exit code); too much output; a connection that broke before the command's end was known.
//
// The API asks RBAC for the verb `get` of pods/exec, and from 1.35 on for `create` as well.
Task<ApiResult<ExecResult>> exec(Client& client, ExecRequest request);

}  // namespace meshdrill::kube
