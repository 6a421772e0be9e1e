#include "lab/api/client_identity.hpp"

#include <memory>
#include <string>
#include <vector>

#include <openssl/obj_mac.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

namespace meshdrill::lab {

namespace {

std::vector<std::string> values_of(const X509_NAME* subject, int nid) {
  std::vector<std::string> values;
  for (int at = X509_NAME_get_index_by_NID(subject, nid, -1); at >= 0;
       at = X509_NAME_get_index_by_NID(subject, nid, at)) {
    unsigned char* text = nullptr;
    const int size = ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
    if (size < 0) continue;
    values.emplace_back(text, text + size);
    OPENSSL_free(text);
  }
  return values;
}

}  // namespace

std::optional<ApiUser> user_of_certificate(const SSL* connection) {
  const X509* const certificate = SSL_get0_peer_certificate(connection);
  if (certificate == nullptr) return std::nullopt;
  const X509_NAME* const subject = X509_get_subject_name(certificate);
  const std::vector<std::string> names = values_of(subject, NID_commonName);
  if (names.empty()) return std::nullopt;
  return ApiUser{.name = names.front(), .groups = values_of(subject, NID_organizationName)};
}

}  // namespace meshdrill::lab
