#include "kube/support/kubeconfig_folder.hpp"

#include "base/files.hpp"

#include <stdexcept>

namespace meshdrill::kube::test {

namespace fs = std::filesystem;

KubeconfigFolder::KubeconfigFolder() : folder_(make_temporary_folder("kubeconfig").value()) {}

KubeconfigFolder::~KubeconfigFolder() {
  std::error_code ignored;
  fs::remove_all(folder_, ignored);
}

std::string KubeconfigFolder::write(const std::string& name, std::string_view content) const {
  const fs::path file = folder_ / name;
  fs::create_directories(file.parent_path());
  if (const auto written = write_file(file, content, 0600); !written)
    throw std::runtime_error(written.error().message);
  return file;
}

Credentials make_credentials() {
  Credentials made;
  made.authority = make_authority("test-ca", std::chrono::hours{1}).value();
  CertificateRequest request;
  request.common_name = "operator";
  request.client = true;
  made.client = issue_certificate(made.authority, request).value();
  return made;
}

}  // namespace meshdrill::kube::test
