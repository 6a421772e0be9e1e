// What the API server hands on to Pods: commands to run in them, and requests to their ports.
#pragma once

#include "lab/api/object_store.hpp"

#include <optional>
#include <string>
#include <vector>

namespace meshdrill::lab {

struct ExecOutput {
  std::string out;
  std::string err;
  int exit_code = 0;
};

class PodAccess {
 public:
  virtual ~PodAccess() = default;

  // pods/exec. `container` is one of the Pod's.
  [[nodiscard]] virtual ExecOutput exec(const Object& pod, const std::string& container,
                                        const std::vector<std::string>& command) const = 0;

  // pods/proxy: the body of a GET of `path` ("/metrics"); nullopt when nothing listens there.
  [[nodiscard]] virtual std::optional<std::string> get(const Object& pod, int port,
                                                       const std::string& path) const = 0;
};

}  // namespace meshdrill::lab
