#include "base/fingerprint.hpp"

#include "base/base64.hpp"

#include <array>
#include <memory>

#include <fmt/format.h>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

namespace meshdrill {
namespace {

using Bio = std::unique_ptr<BIO, decltype(&BIO_free_all)>;
using Certificate = std::unique_ptr<X509, decltype(&X509_free)>;

}  // namespace

Result<std::string> certificate_fingerprint(std::string_view text) {
  if (text.size() > (std::size_t{1} << 20)) return fail("this is too long for a certificate");
  const bool pem_itself = text.find("-----BEGIN ") != std::string_view::npos;
  const std::string pem = pem_itself ? std::string{text} : decode_base64(text).value_or(std::string{});
  const Bio bio{BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())), &BIO_free_all};
  const Certificate certificate{PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr), &X509_free};
  if (!certificate) return fail("this is no certificate");
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned length = 0;
  if (X509_digest(certificate.get(), EVP_sha256(), digest.data(), &length) != 1)
    return fail("this is no certificate");
  std::string hex;
  for (unsigned i = 0; i < length; ++i) hex += fmt::format("{:02x}", digest.at(i));
  return hex;
}

}  // namespace meshdrill
