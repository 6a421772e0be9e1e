// Reading a live mesh, once or again and again over the same connections.
#pragma once

#include "status/checks.hpp"
#include "status/read_live.hpp"
#include "status_dns.hpp"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace meshdrill::cli {

struct StatusOptions {
  std::string mesh_file;  // empty: none
  std::vector<std::string> contexts;
  std::string kubeconfig;
  std::string kube_namespace;  // empty: the file's, or kube-system
  status::LiveOptions live;
  StatusDnsOptions dns;
};

struct StatusRound {
  status::LiveMesh mesh;
  std::vector<status::Finding> findings;
};

class StatusSession {
 public:
  // Reads the files. Nothing, with the errors printed, when they or the options are wrong.
  static std::unique_ptr<StatusSession> open(const StatusOptions& options);
  virtual ~StatusSession() = default;

  // All clusters at the same time, then DNS. The mesh refers to this session's mesh file.
  virtual StatusRound read() = 0;
};

}  // namespace meshdrill::cli
