// The commands that a lab takes on its control socket, apart from the socket and from the lab.
#pragma once

#include "lab/lab.hpp"

#include <functional>
#include <string>

namespace meshdrill::lab {

struct LabStatus {
  std::vector<LabCluster> clusters;
  std::string url;
  std::string dns_server;
  std::vector<Fault> faults;
};

struct LabCommands {
  std::function<Result<>(const Fault&)> set;
  std::function<Result<>(const Fault&)> clear;
  std::function<LabStatus()> status;
};

// The answer to one line, as control_socket.hpp says.
std::string run_command(const LabCommands& commands, const std::string& line);

}  // namespace meshdrill::lab
