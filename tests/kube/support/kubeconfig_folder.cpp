#include "kube/support/kubeconfig_folder.hpp"

#include "base/files.hpp"

#include <stdexcept>

#include <openssl/evp.h>

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

std::string encode_base64(const std::string& bytes) {
  std::string text((bytes.size() + 2) / 3 * 4, '\0');
  std::basic_string<unsigned char> buffer(text.size() + 1, '\0');
  const std::basic_string<unsigned char> raw(bytes.begin(), bytes.end());
  EVP_EncodeBlock(buffer.data(), raw.data(), static_cast<int>(raw.size()));
  text.assign(buffer.begin(), buffer.end() - 1);
  return text;
}

}  // namespace meshdrill::kube::test
