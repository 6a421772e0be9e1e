#include "base/certificates.hpp"

#include <memory>

#include <doctest/doctest.h>
#include <openssl/pem.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

using namespace meshdrill;

namespace {

struct FreeX509 {
  void operator()(X509* certificate) const { X509_free(certificate); }
  void operator()(BIO* bio) const { BIO_free(bio); }
  void operator()(X509_STORE* store) const { X509_STORE_free(store); }
  void operator()(X509_STORE_CTX* context) const { X509_STORE_CTX_free(context); }
};
template <class T>
using Owned = std::unique_ptr<T, FreeX509>;

Owned<X509> parse(const std::string& pem) {
  const Owned<BIO> bio{BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()))};
  return Owned<X509>{PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr)};
}

// OpenSSL's own verdict on `leaf` under `authority`: X509_V_OK or why not.
int verify(const std::string& leaf, const std::string& authority, int purpose) {
  const Owned<X509> leaf_certificate = parse(leaf);
  const Owned<X509> root = parse(authority);
  const Owned<X509_STORE> store{X509_STORE_new()};
  X509_STORE_add_cert(store.get(), root.get());
  const Owned<X509_STORE_CTX> context{X509_STORE_CTX_new()};
  X509_STORE_CTX_init(context.get(), store.get(), leaf_certificate.get(), nullptr);
  X509_STORE_CTX_set_purpose(context.get(), purpose);
  X509_verify_cert(context.get());
  return X509_STORE_CTX_get_error(context.get());
}

}  // namespace

TEST_CASE("a server certificate verifies under its authority and carries its names") {
  const auto authority = make_authority("lab-001 CA", std::chrono::hours{1});
  REQUIRE(authority);
  const auto leaf =
      issue_certificate(*authority, {.common_name = "kube-apiserver",
                                     .dns_names = {"kubernetes.default.svc", "*.mesh.cilium.io"},
                                     .ip_addresses = {"127.64.1.1"},
                                     .server = true});
  REQUIRE(leaf);
  CHECK(verify(leaf->certificate, authority->certificate, X509_PURPOSE_SSL_SERVER) == X509_V_OK);
  CHECK(verify(leaf->certificate, authority->certificate, X509_PURPOSE_SSL_CLIENT) ==
        X509_V_ERR_INVALID_PURPOSE);
  const Owned<X509> certificate = parse(leaf->certificate);
  CHECK(X509_check_host(certificate.get(), "a.mesh.cilium.io", 0, 0, nullptr) == 1);
  CHECK(X509_check_host(certificate.get(), "other.example", 0, 0, nullptr) == 0);
  CHECK(X509_check_ip_asc(certificate.get(), "127.64.1.1", 0) == 1);
  CHECK(leaf->key.find("BEGIN PRIVATE KEY") != std::string::npos);
}

TEST_CASE("another authority and a passed expiry are refused") {
  const auto authority = make_authority("one", std::chrono::hours{1});
  const auto stranger = make_authority("one", std::chrono::hours{1});
  const auto expired = issue_certificate(*authority, {.common_name = "admin",
                                                      .organization = "system:masters",
                                                      .client = true,
                                                      .validity = std::chrono::hours{1},
                                                      .age = std::chrono::hours{2}});
  REQUIRE(expired);
  CHECK(verify(expired->certificate, authority->certificate, X509_PURPOSE_SSL_CLIENT) ==
        X509_V_ERR_CERT_HAS_EXPIRED);
  CHECK(verify(expired->certificate, stranger->certificate, X509_PURPOSE_SSL_CLIENT) != X509_V_OK);
}

TEST_CASE("an authority that cannot be read is an error") {
  const auto leaf =
      issue_certificate({"not a certificate", "not a key"}, {.common_name = "x", .client = true});
  REQUIRE_FALSE(leaf);
  CHECK(leaf.error().message.find("certificate authority") != std::string::npos);
}

TEST_CASE("a key is written byte for byte as OpenSSL writes it") {
  for (int i = 0; i < 50; ++i) {  // one scalar in 256 starts with a zero byte
    const KeyPair made = make_authority("CA", std::chrono::hours{1}).value();
    const Owned<BIO> in{BIO_new_mem_buf(made.key.data(), static_cast<int>(made.key.size()))};
    const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key{
        PEM_read_bio_PrivateKey(in.get(), nullptr, nullptr, nullptr), &EVP_PKEY_free};
    REQUIRE(key);
    const Owned<BIO> out{BIO_new(BIO_s_mem())};
    REQUIRE(PEM_write_bio_PrivateKey(out.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr) == 1);
    char* data = nullptr;
    const long size = BIO_get_mem_data(out.get(), &data);
    CHECK(made.key == std::string(data, static_cast<std::size_t>(size)));
    const Owned<X509> certificate = parse(made.certificate);
    CHECK(X509_check_private_key(certificate.get(), key.get()) == 1);
  }
}
