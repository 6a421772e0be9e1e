#include "base/p256_key.hpp"

#include <algorithm>
#include <optional>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/obj_mac.h>
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
constexpr std::size_t point_bytes = 65;
constexpr std::array<unsigned char, 5> before_point{0xa1, 0x44, 0x03, 0x42, 0x00};  // publicKey, BIT STRING

using Pkcs8 =
    std::array<unsigned char, before_scalar.size() + scalar_bytes + before_point.size() + point_bytes>;

struct Cleansed {
  Pkcs8 bytes{};
  ~Cleansed() { OPENSSL_cleanse(bytes.data(), bytes.size()); }
};

using Group = std::unique_ptr<EC_GROUP, Deleter<EC_GROUP_free>>;
using Point = std::unique_ptr<EC_POINT, Deleter<EC_POINT_free>>;

// The DER of the first key in `pem`; empty when it is not as long as all keys on P-256 are.
std::optional<Cleansed> read_pkcs8(std::string_view pem) {
  const Memory in{BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()))};
  char* name = nullptr;
  char* header = nullptr;
  unsigned char* data = nullptr;
  long size = 0;
  if (PEM_read_bio(in.get(), &name, &header, &data, &size) != 1) return std::nullopt;
  std::optional<Cleansed> der;
  if (std::string_view{name} == PEM_STRING_PKCS8INF && size == static_cast<long>(Pkcs8{}.size())) {
    der.emplace();
    std::copy(data, data + size, der->bytes.begin());
  }
  OPENSSL_clear_free(data, static_cast<std::size_t>(size));
  OPENSSL_free(header);
  OPENSSL_free(name);
  return der;
}

// Whether the certificate's key is on P-256, and this point of it.
bool has_point(X509* certificate, const unsigned char* point) {
  const unsigned char* key = nullptr;
  int size = 0;
  X509_ALGOR* algorithm = nullptr;
  if (X509_PUBKEY_get0_param(nullptr, &key, &size, &algorithm, X509_get_X509_PUBKEY(certificate)) != 1)
    return false;
  int type = 0;
  const void* parameter = nullptr;
  X509_ALGOR_get0(nullptr, &type, &parameter, algorithm);
  return type == V_ASN1_OBJECT &&
         OBJ_obj2nid(static_cast<const ASN1_OBJECT*>(parameter)) == NID_X9_62_prime256v1 &&
         size == static_cast<int>(point_bytes) && std::equal(key, key + size, point);
}

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

bool is_p256_pair(X509* certificate, std::string_view pem) {
  static const Group group{EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1)};
  const std::optional<Cleansed> der = read_pkcs8(pem);
  if (!der || !std::equal(before_scalar.begin(), before_scalar.end(), der->bytes.begin())) return false;
  const SecretNumber scalar{
      BN_bin2bn(der->bytes.data() + before_scalar.size(), static_cast<int>(scalar_bytes), nullptr)};
  const Point point{EC_POINT_new(group.get())};
  std::array<unsigned char, point_bytes> public_key{};
  return scalar && point &&
         EC_POINT_mul(group.get(), point.get(), scalar.get(), nullptr, nullptr, nullptr) == 1 &&
         EC_POINT_point2oct(group.get(), point.get(), POINT_CONVERSION_UNCOMPRESSED, public_key.data(),
                            public_key.size(), nullptr) == public_key.size() &&
         has_point(certificate, public_key.data());
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
