#include "base/certificates.hpp"

#include "base/openssl_handles.hpp"
#include "base/p256_key.hpp"

#include <array>

#include <fmt/format.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

namespace meshdrill {
namespace {

using namespace openssl;

// Old or clock-skewed peers must accept it at once, hence five minutes of the past.
constexpr long backdate_seconds = 300;

long seconds(Duration duration) {
  return std::chrono::duration_cast<std::chrono::seconds>(duration).count();
}

bool set_serial(X509* certificate) {
  std::array<unsigned char, 16> bytes{};
  if (RAND_bytes(bytes.data(), static_cast<int>(bytes.size())) != 1) return false;
  bytes[0] &= 0x7f;  // RFC 5280 4.1.2.2: positive
  const std::unique_ptr<BIGNUM, Deleter<BN_free>> number{
      BN_bin2bn(bytes.data(), static_cast<int>(bytes.size()), nullptr)};
  return number && BN_to_ASN1_INTEGER(number.get(), X509_get_serialNumber(certificate)) != nullptr;
}

bool add_name(X509_NAME* name, const char* field, const std::string& value) {
  if (value.empty()) return true;
  const auto* bytes = reinterpret_cast<const unsigned char*>(value.data());
  return X509_NAME_add_entry_by_txt(name, field, MBSTRING_UTF8, bytes, static_cast<int>(value.size()), -1,
                                    0) == 1;
}

bool add_extension(X509* certificate, X509* issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer, certificate, nullptr, nullptr, 0);
  const Extension extension{X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str())};
  return extension && X509_add_ext(certificate, extension.get(), -1) == 1;
}

// What authorities and leaves have in common: version 3, serial, validity, subject, public key.
Certificate blank_certificate(const P256Key& key, const CertificateRequest& request) {
  Certificate certificate{X509_new()};
  if (!certificate || X509_set_version(certificate.get(), X509_VERSION_3) != 1 ||
      !set_serial(certificate.get()))
    return nullptr;
  const long start = -backdate_seconds - seconds(request.age);
  X509_gmtime_adj(X509_getm_notBefore(certificate.get()), start);
  X509_gmtime_adj(X509_getm_notAfter(certificate.get()), seconds(request.validity) - seconds(request.age));
  X509_NAME* subject = X509_get_subject_name(certificate.get());
  if (!add_name(subject, "O", request.organization) || !add_name(subject, "CN", request.common_name))
    return nullptr;
  if (!set_public_key(certificate.get(), key)) return nullptr;
  return certificate;
}

Result<KeyPair> to_pem(X509* certificate, const P256Key& key) {
  const Memory pem{BIO_new(BIO_s_mem())};
  if (PEM_write_bio_X509(pem.get(), certificate) != 1) return openssl::error("write a certificate as PEM");
  return private_key_pem(key).map(
      [&](std::string text) { return KeyPair{text_of(pem.get()), std::move(text)}; });
}

std::string subject_alternative_names(const CertificateRequest& request) {
  std::string names;
  for (const std::string& name : request.dns_names)
    names += fmt::format("{}DNS:{}", names.empty() ? "" : ",", name);
  for (const std::string& ip : request.ip_addresses)
    names += fmt::format("{}IP:{}", names.empty() ? "" : ",", ip);
  return names;
}

std::string extended_usage(const CertificateRequest& request) {
  if (request.server && request.client) return "serverAuth,clientAuth";
  return request.server ? "serverAuth" : "clientAuth";
}

bool add_leaf_extensions(X509* certificate, X509* issuer, const CertificateRequest& request) {
  const std::string names = subject_alternative_names(request);
  return add_extension(certificate, issuer, NID_basic_constraints, "critical,CA:FALSE") &&
         add_extension(certificate, issuer, NID_key_usage, "critical,digitalSignature,keyEncipherment") &&
         add_extension(certificate, issuer, NID_ext_key_usage, extended_usage(request)) &&
         add_extension(certificate, issuer, NID_authority_key_identifier, "keyid:always") &&
         (names.empty() || add_extension(certificate, issuer, NID_subject_alt_name, names));
}

}  // namespace

Result<KeyPair> make_authority(const std::string& common_name, Duration validity) {
  const Result<P256Key> key = make_p256_key();
  if (!key) return tl::unexpected(key.error());
  const Certificate certificate = blank_certificate(*key, {.common_name = common_name, .validity = validity});
  if (!certificate) return openssl::error("make a certificate authority");
  X509* self = certificate.get();
  if (X509_set_issuer_name(self, X509_get_subject_name(self)) != 1 ||
      !add_extension(self, self, NID_basic_constraints, "critical,CA:TRUE") ||
      !add_extension(self, self, NID_key_usage, "critical,digitalSignature,keyCertSign,cRLSign") ||
      !add_extension(self, self, NID_subject_key_identifier, "hash") ||
      X509_sign(self, key->key.get(), EVP_sha256()) == 0) {
    return openssl::error("make a certificate authority");
  }
  return to_pem(self, *key);
}

struct CertificateIssuer::Authority {
  Certificate certificate;
  Key key;
};

Result<CertificateIssuer> CertificateIssuer::make(const KeyPair& authority) {
  auto parsed = std::make_shared<Authority>();
  parsed->certificate = parse_certificate(authority.certificate);
  parsed->key = parse_key(authority.key);
  if (!parsed->certificate || !parsed->key) return fail("cannot read the certificate authority");
  return CertificateIssuer{std::move(parsed)};
}

Result<KeyPair> CertificateIssuer::issue(const CertificateRequest& request) const {
  X509* const issuer = authority_->certificate.get();
  const Result<P256Key> key = make_p256_key();
  if (!key) return tl::unexpected(key.error());
  const Certificate certificate = blank_certificate(*key, request);
  if (!certificate || X509_set_issuer_name(certificate.get(), X509_get_subject_name(issuer)) != 1 ||
      !add_leaf_extensions(certificate.get(), issuer, request) ||
      X509_sign(certificate.get(), authority_->key.get(), EVP_sha256()) == 0) {
    return openssl::error(fmt::format("issue a certificate for {}", request.common_name));
  }
  return to_pem(certificate.get(), *key);
}

Result<KeyPair> issue_certificate(const KeyPair& authority, const CertificateRequest& request) {
  return CertificateIssuer::make(authority).and_then(
      [&](const CertificateIssuer& issuer) { return issuer.issue(request); });
}

}  // namespace meshdrill
