#include "base/system_authorities.hpp"

#include <cstdlib>
#include <filesystem>

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/ssl.h>

namespace meshdrill {
namespace {

// Where Go looks as well.
constexpr const char* bundles[] = {
    "/etc/ssl/certs/ca-certificates.crt",                 // Debian, Ubuntu, Arch
    "/etc/pki/tls/certs/ca-bundle.crt",                   // Fedora
    "/etc/ssl/ca-bundle.pem",                             // openSUSE
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",  // RHEL
    "/etc/ssl/cert.pem",                                  // Alpine
};

bool exists(const char* path) {
  std::error_code ignored;
  return std::filesystem::exists(path, ignored);
}

bool given_by_environment() {
  for (const char* name : {X509_get_default_cert_file_env(), X509_get_default_cert_dir_env()}) {
    if (std::getenv(name) != nullptr) return true;  // NOLINT(concurrency-mt-unsafe): nothing here sets any
  }
  return false;
}

}  // namespace

Result<> trust_system_authorities(SSL_CTX* context) {
  if (SSL_CTX_set_default_verify_paths(context) != 1)
    return fail("the system's certificate authorities cannot be read");
  if (given_by_environment() || exists(X509_get_default_cert_file()) || exists(X509_get_default_cert_dir()))
    return {};
  for (const char* bundle : bundles) {
    if (!exists(bundle)) continue;
    if (SSL_CTX_load_verify_file(context, bundle) == 1) return {};
    ERR_clear_error();
    return fail(fmt::format("the system's certificate authorities in {} cannot be read", bundle));
  }
  return {};
}

}  // namespace meshdrill
