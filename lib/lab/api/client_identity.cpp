#include "lab/api/client_identity.hpp"

#include "lab/api/rbac.hpp"

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

std::optional<ApiUser> user_of_token(std::string_view authorization,
                                     const std::map<std::string, ApiUser>& tokens) {
  constexpr std::string_view scheme = "Bearer ";
  if (!authorization.starts_with(scheme)) return std::nullopt;
  const std::string_view token = authorization.substr(scheme.size());
  const auto found = tokens.find(std::string(token));
  if (found != tokens.end()) return found->second;
  return rbac_user(token);
}

}  // namespace meshdrill::lab
