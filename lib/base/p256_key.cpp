#include "base/p256_key.hpp"

#include <algorithm>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/pem.h>

namespace meshdrill::openssl {
namespace {

using SecretNumber = std::unique_ptr<BIGNUM, Deleter<BN_clear_free>>;

// PKCS#8 of a key on P-256 is always the same but for the two numbers.
constexpr std::array<unsigned char, 36> before_scalar{
    0x30, 0x81, 0x87, 0x02, 0x01, 0x00, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86,   // PrivateKeyInfo, version 0,
    0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d,   // id-ecPublicKey,
    0x03, 0x01, 0x07, 0x04, 0x6d, 0x30, 0x6b, 0x02, 0x01, 0x01, 0x04, 0x20};  // prime256v1, ECPrivateKey
constexpr std::size_t scalar_bytes = 32;
constexpr std::array<unsigned char, 5> before_point{0xa1, 0x44, 0x03, 0x42, 0x00};  // publicKey, BIT STRING

using Pkcs8 = std::array<unsigned char, before_scalar.size() + scalar_bytes + before_point.size() + 65>;

struct Cleansed {
  Pkcs8 bytes{};
  ~Cleansed() { OPENSSL_cleanse(bytes.data(), bytes.size()); }
};

}  // namespace

Result<P256Key> make_p256_key() {
  P256Key made{Key{EVP_EC_gen("P-256")}};
  std::size_t length = 0;
  const bool whole = made.key &&
                     EVP_PKEY_get_octet_string_param(made.key.get(), OSSL_PKEY_PARAM_PUB_KEY,
                                                     made.point.data(), made.point.size(), &length) == 1 &&
                     length == made.point.size() && made.point.front() == POINT_CONVERSION_UNCOMPRESSED;
  if (!whole) return openssl::error("make a key");
  return made;
}

Result<std::string> private_key_pem(const P256Key& key) {
  BIGNUM* number = nullptr;
  const bool exported = EVP_PKEY_get_bn_param(key.key.get(), OSSL_PKEY_PARAM_PRIV_KEY, &number) == 1;
  const SecretNumber scalar{number};
  Cleansed der;
  unsigned char* at = std::copy(before_scalar.begin(), before_scalar.end(), der.bytes.data());
  if (!exported || BN_bn2binpad(scalar.get(), at, static_cast<int>(scalar_bytes)) < 0) {
    return openssl::error("write a key as PEM");
  }
  at = std::copy(before_point.begin(), before_point.end(), at + scalar_bytes);
  std::copy(key.point.begin(), key.point.end(), at);
  const Memory pem{BIO_new(BIO_s_mem())};
  if (PEM_write_bio(pem.get(), PEM_STRING_PKCS8INF, "", der.bytes.data(),
                    static_cast<long>(der.bytes.size())) <= 0) {
    return openssl::error("write a key as PEM");
  }
  return text_of(pem.get());
}

bool set_public_key(X509* certificate, const P256Key& key) {
  auto* const point = static_cast<unsigned char*>(OPENSSL_memdup(key.point.data(), key.point.size()));
  if (point == nullptr) return false;
  // Takes `point` over when it succeeds.
  if (X509_PUBKEY_set0_param(X509_get_X509_PUBKEY(certificate), OBJ_nid2obj(NID_X9_62_id_ecPublicKey),
                             V_ASN1_OBJECT, OBJ_nid2obj(NID_X9_62_prime256v1), point,
                             static_cast<int>(key.point.size())) == 1) {
    return true;
  }
  OPENSSL_free(point);
  return false;
}

}  // namespace meshdrill::openssl
