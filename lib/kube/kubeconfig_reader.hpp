// Reads the maps of a kubeconfig as kubectl does: unknown keys are passed over, and a plain scalar is what
// YAML 1.1 takes it for.
#pragma once

#include "base/document.hpp"

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

namespace meshdrill::kube {

class KubeconfigReader {
 public:
  // `map` (a map or null) and `problems` must outlive the reader. `folder` is where relative paths start.
  KubeconfigReader(const Node& map, std::filesystem::path folder, Diagnostics& problems);

  // "" when absent or null. A scalar that kubectl would refuse as no string is a problem.
  std::string string(std::string_view key);
  bool boolean(std::string_view key);
  // The path under `key`, made absolute; empty when absent.
  std::filesystem::path path(std::string_view key);
  // The content of KEY-data (base64), or else of the file under KEY; empty when neither is given.
  std::string data_or_file(const std::string& key);
  // Is there anything but null or "" under `key`?
  [[nodiscard]] bool has(std::string_view key) const;

  void problem(std::string_view key, std::string what, std::string cure = {});

 private:
  const Node& map_;
  std::filesystem::path folder_;
  Diagnostics& problems_;
};

// The text of a scalar that has to be a string; reports what kubectl would refuse, with `name` for it.
std::optional<std::string> read_plain_string(const Node& node, std::string_view name, Diagnostics& problems);

}  // namespace meshdrill::kube
