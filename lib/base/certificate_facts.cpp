#include "base/certificate_facts.hpp"

#include "base/openssl_handles.hpp"
#include "base/p256_key.hpp"

#include <arpa/inet.h>
#include <ctime>

#include <openssl/err.h>

namespace meshdrill {
namespace {

using namespace openssl;

std::string text_of(const ASN1_STRING* string) {
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(string)),
          static_cast<std::size_t>(ASN1_STRING_length(string))};
}

std::string common_name_of(X509* certificate) {
  const X509_NAME* subject = X509_get_subject_name(certificate);
  const int index = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);
  if (index < 0) return {};
  return text_of(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, index)));
}

CertificateFacts::Time time_of(const ASN1_TIME* time) {
  std::tm broken{};
  if (ASN1_TIME_to_tm(time, &broken) != 1) return {};
  return std::chrono::system_clock::from_time_t(::timegm(&broken));
}

std::string address_of(const ASN1_OCTET_STRING* bytes) {
  char text[INET6_ADDRSTRLEN] = {};
  const int family = ASN1_STRING_length(bytes) == 4 ? AF_INET : AF_INET6;
  const bool whole = ASN1_STRING_length(bytes) == 4 || ASN1_STRING_length(bytes) == 16;
  if (!whole || ::inet_ntop(family, ASN1_STRING_get0_data(bytes), text, sizeof text) == nullptr) return {};
  return text;
}

void read_names(X509* certificate, CertificateFacts& facts) {
  const Names names{
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr))};
  for (int i = 0; i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type == GEN_DNS) facts.dns_names.push_back(text_of(name->d.dNSName));
    if (name->type == GEN_IPADD) facts.ip_addresses.push_back(address_of(name->d.iPAddress));
  }
}

CertificateFacts facts_of(X509* x509) {
  CertificateFacts facts;
  facts.common_name = common_name_of(x509);
  facts.not_before = time_of(X509_get0_notBefore(x509));
  facts.not_after = time_of(X509_get0_notAfter(x509));
  facts.authority = X509_check_ca(x509) == 1;
  facts.self_issued = X509_NAME_cmp(X509_get_subject_name(x509), X509_get_issuer_name(x509)) == 0;
  read_names(x509, facts);
  return facts;
}

bool fits(X509* certificate, std::string_view pem) {
  bool fits = certificate != nullptr && is_p256_pair(certificate, pem);
  if (certificate != nullptr && !fits) {
    const Key key = parse_key(pem);
    fits = key && X509_check_private_key(certificate, key.get()) == 1;
  }
  ERR_clear_error();
  return fits;
}

bool signs(X509* issuer, X509* certificate) {
  const bool valid =
      issuer != nullptr && certificate != nullptr && X509_verify(certificate, X509_get0_pubkey(issuer)) == 1;
  ERR_clear_error();
  return valid;
}

tl::unexpected<Error> no_certificate() {
  return fail("this is no certificate in PEM");
}

}  // namespace

Result<CertificateFacts> read_certificate(std::string_view pem) {
  const Certificate certificate = parse_certificate(pem);
  if (!certificate) return no_certificate();
  return facts_of(certificate.get());
}

bool key_fits(const KeyPair& pair) {
  return fits(parse_certificate(pair.certificate).get(), pair.key);
}

bool signed_by(std::string_view certificate, std::string_view authority) {
  return signs(parse_certificate(authority).get(), parse_certificate(certificate).get());
}

struct PairReader::Authority {
  std::string pem;
  Certificate certificate;
};

PairReader::PairReader() = default;
PairReader::~PairReader() = default;

Result<PairFacts> PairReader::read(const KeyPair& pair, const std::string& authority) {
  const Certificate certificate = parse_certificate(pair.certificate);
  if (!certificate) return no_certificate();
  if (!last_ || last_->pem != authority) {
    last_ = std::make_unique<Authority>(Authority{authority, parse_certificate(authority)});
  }
  return PairFacts{facts_of(certificate.get()), fits(certificate.get(), pair.key),
                   signs(last_->certificate.get(), certificate.get())};
}

}  // namespace meshdrill
