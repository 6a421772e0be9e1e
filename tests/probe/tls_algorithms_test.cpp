// What a server may be made of: the algorithms that we leave out of OpenSSL are none of them.
#include "probe/ask/tls_algorithms.hpp"

#include "base/openssl_handles.hpp"
#include "probe/support/http_server.hpp"
#include "probe/support/recorded_run.hpp"
#include "support/test_folder.hpp"

#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

namespace meshdrill::probe {
namespace {

using namespace testing;
using namespace std::chrono_literals;
using openssl::Certificate;
using openssl::Key;
using openssl::Memory;

// A key and a certificate for 127.0.0.1, signed by itself or by another.
struct Identity {
  explicit Identity(const char* type, const char* curve = nullptr, const Identity* issuer = nullptr,
                    const EVP_MD* digest = EVP_sha256())
      : key(make(type, curve)) {
    REQUIRE(key);
    certificate.reset(X509_new());
    X509* const made = certificate.get();
    X509_set_version(made, X509_VERSION_3);
    ASN1_INTEGER_set(X509_get_serialNumber(made), 1);
    X509_gmtime_adj(X509_getm_notBefore(made), -60);
    X509_gmtime_adj(X509_getm_notAfter(made), 3600);
    X509_NAME* const name = X509_get_subject_name(made);
    const auto* const common_name =
        reinterpret_cast<const unsigned char*>(issuer != nullptr ? "leaf" : "authority");
    X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_ASC, common_name, -1, -1, 0);
    const Identity& signer = issuer != nullptr ? *issuer : *this;
    X509_set_issuer_name(made, X509_get_subject_name(signer.certificate.get()));
    X509_set_pubkey(made, key.get());
    const openssl::Extension address{
        X509V3_EXT_conf_nid(nullptr, nullptr, NID_subject_alt_name, "IP:127.0.0.1")};
    X509_add_ext(made, address.get(), -1);
    const openssl::Extension may_sign{X509V3_EXT_conf_nid(
        nullptr, nullptr, NID_basic_constraints, issuer != nullptr ? "CA:FALSE" : "critical,CA:TRUE")};
    X509_add_ext(made, may_sign.get(), -1);
    const bool digests = std::string_view{type}.substr(0, 2) != "ED";
    REQUIRE(X509_sign(made, signer.key.get(), digests ? digest : nullptr) > 0);
  }

  static Key make(const char* type, const char* curve) {
    if (curve != nullptr) return Key{EVP_PKEY_Q_keygen(nullptr, nullptr, type, curve)};
    if (std::string_view{type} == "RSA")
      return Key{EVP_PKEY_Q_keygen(nullptr, nullptr, type, std::size_t{2048})};
    EVP_PKEY_CTX* const context = EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr);
    EVP_PKEY* made = nullptr;
    EVP_PKEY_keygen_init(context);
    EVP_PKEY_generate(context, &made);
    EVP_PKEY_CTX_free(context);
    return Key{made};
  }

  [[nodiscard]] KeyPair pem() const {
    const Memory certificate_text{BIO_new(BIO_s_mem())};
    const Memory key_text{BIO_new(BIO_s_mem())};
    PEM_write_bio_X509(certificate_text.get(), certificate.get());
    PEM_write_bio_PKCS8PrivateKey(key_text.get(), key.get(), nullptr, nullptr, 0, nullptr, nullptr);
    return {openssl::text_of(certificate_text.get()), openssl::text_of(key_text.get())};
  }

  Key key;
  Certificate certificate;
};

void check_answered(
    const KeyPair& server_pair, const std::function<void(SSL_CTX*)>& tune,
    const std::function<void(ProbeConfig&)>& change = [](ProbeConfig&) {}) {
  const TestFolder folder;
  HttpServer server{"127.0.0.1", 0, [](const std::string&) { return Reply{ok_answer(hello("abc"))}; },
                    server_pair, tune};
  ProbeConfig config = patient(fmt::format("https://127.0.0.1:{}/", server.port()));
  config.ca_file = folder.write("ca.pem", server_pair.certificate);
  change(config);
  check_all(record(config, 5), Outcome::ok);
}

TEST_CASE("certificates with keys of every kind are understood") {
  const std::pair<const char*, const char*> kinds[] = {
      {"RSA", nullptr}, {"RSA-PSS", nullptr}, {"EC", "P-256"},   {"EC", "P-384"},
      {"EC", "P-521"},  {"ED25519", nullptr}, {"ED448", nullptr}};
  for (const auto& [type, curve] : kinds) {
    CAPTURE(type);
    check_answered(Identity{type, curve}.pem(), [](SSL_CTX*) {});
  }
}

TEST_CASE("certificates may be signed with any digest that is still trusted") {
  const Identity authority{"RSA"};
  for (const EVP_MD* digest : {EVP_sha256(), EVP_sha384(), EVP_sha512(), EVP_sha3_256()}) {
    const std::string name = EVP_MD_get0_name(digest);
    CAPTURE(name);
    const Identity leaf{"EC", "P-256", &authority, digest};
    const auto trust = [&](ProbeConfig& config) {
      std::ofstream{config.ca_file} << authority.pem().certificate;
    };
    const auto as_it_is = [](SSL_CTX*) {};
    check_answered(leaf.pem(), as_it_is, trust);
  }
}

TEST_CASE("cipher suites of every kind can be agreed upon") {
  const KeyPair rsa = Identity{"RSA"}.pem();
  for (const char* suite :
       {"ECDHE-RSA-AES128-GCM-SHA256", "ECDHE-RSA-CHACHA20-POLY1305", "DHE-RSA-AES256-GCM-SHA384",
        "ECDHE-RSA-AES256-SHA384", "ECDHE-RSA-AES128-SHA", "AES128-GCM-SHA256", "AES256-SHA"}) {
    CAPTURE(suite);
    check_answered(rsa, [&](SSL_CTX* context) {
      SSL_CTX_set_max_proto_version(context, TLS1_2_VERSION);
      SSL_CTX_set_cipher_list(context, suite);
      SSL_CTX_set_dh_auto(context, 1);
    });
  }
  for (const char* suite :
       {"TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384", "TLS_CHACHA20_POLY1305_SHA256"}) {
    CAPTURE(suite);
    check_answered(rsa, [&](SSL_CTX* context) { SSL_CTX_set_ciphersuites(context, suite); });
  }
}

// Without a shared secret, as TlsClient has it.
std::vector<std::string> suites_offered(OSSL_LIB_CTX* algorithms) {
  const std::unique_ptr<SSL_CTX, decltype(&SSL_CTX_free)> context{
      SSL_CTX_new_ex(algorithms, nullptr, TLS_client_method()), SSL_CTX_free};
  SSL_CTX_set_cipher_list(context.get(), "DEFAULT:!PSK:!SRP");
  const std::unique_ptr<SSL, decltype(&SSL_free)> session{SSL_new(context.get()), SSL_free};
  STACK_OF(SSL_CIPHER)* const ciphers = SSL_get1_supported_ciphers(session.get());
  std::vector<std::string> names;
  for (int i = 0; i < sk_SSL_CIPHER_num(ciphers); ++i)
    names.emplace_back(SSL_CIPHER_get_name(sk_SSL_CIPHER_value(ciphers, i)));
  sk_SSL_CIPHER_free(ciphers);
  return names;
}

TEST_CASE("no cipher suite is missing that OpenSSL offers by default") {
  REQUIRE(tls_algorithms() != nullptr);
  const auto all = suites_offered(nullptr);
  REQUIRE(all.size() > 20);
  CHECK(suites_offered(tls_algorithms()) == all);
}

TEST_CASE("keys are exchanged in every group") {
  const KeyPair pair = Identity{"EC", "P-256"}.pem();
  for (const char* group : {"X25519", "P-256", "P-384", "P-521", "X448", "ffdhe2048"}) {
    CAPTURE(group);
    check_answered(pair, [&](SSL_CTX* context) {
      // What SSL_CTX_set1_groups_list does, whose macro has casts of the old style.
      REQUIRE(SSL_CTX_ctrl(context, SSL_CTRL_SET_GROUPS_LIST, 0, const_cast<char*>(group)) == 1);
    });
  }
}

// As OpenSSL writes a key under its own name, which is older than PKCS#8.
std::string traditional(EVP_PKEY* key, const EVP_CIPHER* cipher, const std::string& password) {
  const Memory text{BIO_new(BIO_s_mem())};
  PEM_write_bio_PrivateKey_traditional(text.get(), key, cipher,
                                       reinterpret_cast<const unsigned char*>(password.data()),
                                       static_cast<int>(password.size()), nullptr, nullptr);
  return openssl::text_of(text.get());
}

TEST_CASE("client keys of every kind and in every form prove who we are") {
  const KeyPair server_pair = Identity{"EC", "P-256"}.pem();
  const TestFolder folder;
  const auto ask_as = [&](const std::string& certificate, const std::string& key) {
    const std::string certificate_file = folder.write("client.pem", certificate);
    const std::string key_file = folder.write("client.key", key);
    const auto demand = [&](SSL_CTX* context) {
      SSL_CTX_load_verify_file(context, certificate_file.c_str());
      SSL_CTX_set_verify(context, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
    };
    check_answered(server_pair, demand, [&](ProbeConfig& config) {
      config.tls.certificate_file = certificate_file;
      config.tls.key_file = key_file;
    });
  };
  const std::pair<const char*, const char*> kinds[] = {
      {"RSA", nullptr}, {"EC", "P-256"}, {"ED25519", nullptr}};
  for (const auto& [type, curve] : kinds) {
    CAPTURE(type);
    const Identity client{type, curve};
    ask_as(client.pem().certificate, client.pem().key);
    if (std::string_view{type} != "ED25519")
      ask_as(client.pem().certificate, traditional(client.key.get(), nullptr, ""));
  }
}

TEST_CASE("an encrypted client key is refused without asking for its passphrase") {
  const Identity client{"EC", "P-256"};
  const TestFolder folder;
  ProbeConfig config;
  config.url = "https://127.0.0.1:1/";
  config.tls.certificate_file = folder.write("client.pem", client.pem().certificate);
  config.tls.key_file =
      folder.write("client.key", traditional(client.key.get(), EVP_aes_256_cbc(), "secret"));
  const auto checked = check(config);
  REQUIRE_FALSE(checked);
  CHECK(checked.error().message.starts_with("client key '" + config.tls.key_file + "' cannot be used: "));
}

}  // namespace
}  // namespace meshdrill::probe
