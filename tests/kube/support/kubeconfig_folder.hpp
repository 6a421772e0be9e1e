// A folder of kubeconfig files for a test, with certificates that OpenSSL takes.
#pragma once

#include "base/certificates.hpp"

#include <filesystem>
#include <string>
#include <string_view>

namespace meshdrill::kube::test {

class KubeconfigFolder {
 public:
  KubeconfigFolder();
  ~KubeconfigFolder();  // removes it
  KubeconfigFolder(const KubeconfigFolder&) = delete;
  KubeconfigFolder& operator=(const KubeconfigFolder&) = delete;

  // Writes `content` under `name`, folders included, and gives its path.
  std::string write(const std::string& name, std::string_view content) const;
  [[nodiscard]] std::string path(const std::string& name) const { return folder_ / name; }

 private:
  std::filesystem::path folder_;
};

// An authority and a client's pair under it, made once for each call.
struct Credentials {
  KeyPair authority;
  KeyPair client;
};
Credentials make_credentials();

}  // namespace meshdrill::kube::test
