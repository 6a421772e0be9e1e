#include "probe/ask/tls_algorithms.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

#include <openssl/core.h>
#include <openssl/core_dispatch.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/provider.h>

namespace meshdrill::probe {
namespace {

// What TLS and the certificates of servers need of OpenSSL's own provider, by operation, as its first names.
struct Operation {
  int id;
  std::vector<std::string_view> wanted;
  std::vector<OSSL_ALGORITHM> passed_on{};
};

// OpenSSL calls us without any data of ours, hence global.
struct Selection {
  OSSL_PROVIDER* origin = nullptr;
  std::array<Operation, 8> operations{{
      {OSSL_OP_DIGEST,
       {"MD5", "MD5-SHA1", "SHA1", "SHA2-224", "SHA2-256", "SHA2-384", "SHA2-512", "SHA3-224", "SHA3-256",
        "SHA3-384", "SHA3-512", "SHAKE-256"}},
      {OSSL_OP_CIPHER,
       {"NULL", "AES-128-GCM", "AES-256-GCM", "AES-128-CCM", "AES-256-CCM", "ChaCha20-Poly1305",
        "AES-128-CBC", "AES-256-CBC", "AES-128-CBC-HMAC-SHA1", "AES-256-CBC-HMAC-SHA1",
        "AES-128-CBC-HMAC-SHA256", "AES-256-CBC-HMAC-SHA256", "ARIA-128-GCM", "ARIA-256-GCM",
        "CAMELLIA-128-CBC", "CAMELLIA-256-CBC"}},
      {OSSL_OP_MAC, {"HMAC"}},
      {OSSL_OP_KDF, {"HKDF", "TLS13-KDF", "TLS1-PRF"}},
      // HMAC is a kind of key, and of signature, for the cipher suites of TLS 1.2 that are no AEAD.
      {OSSL_OP_KEYMGMT, {"RSA", "RSA-PSS", "EC", "ED25519", "ED448", "X25519", "X448", "DH", "HMAC"}},
      {OSSL_OP_KEYEXCH, {"DH", "ECDH", "X25519", "X448"}},
      {OSSL_OP_SIGNATURE, {"RSA", "ECDSA", "ED25519", "ED448", "HMAC"}},
      // "DER" finds out which of the others it is.
      {OSSL_OP_DECODER, {"RSA", "RSA-PSS", "EC", "ED25519", "ED448", "DER"}},
  }};
};
Selection& selection() {
  static Selection value;
  return value;
}

// Of keys, only those of certificates are read here.
bool reads_public_key(const OSSL_ALGORITHM& decoder) {
  const std::string_view properties{decoder.property_definition};
  return properties.find("input=der") != std::string_view::npos &&
         properties.find("structure=SubjectPublicKeyInfo") != std::string_view::npos;
}

void select(Operation& operation) {
  int no_cache = 0;
  const auto* algorithm = OSSL_PROVIDER_query_operation(selection().origin, operation.id, &no_cache);
  for (; algorithm != nullptr && algorithm->algorithm_names != nullptr; ++algorithm) {
    const std::string_view names{algorithm->algorithm_names};
    const auto& wanted = operation.wanted;
    const bool is_wanted =
        std::find(wanted.begin(), wanted.end(), names.substr(0, names.find(':'))) != wanted.end();
    if (is_wanted && (operation.id != OSSL_OP_DECODER || reads_public_key(*algorithm)))
      operation.passed_on.push_back(*algorithm);
  }
  operation.passed_on.push_back({});
}

const OSSL_ALGORITHM* query(void*, int id, int* no_cache) {
  *no_cache = 0;
  for (const Operation& operation : selection().operations) {
    if (operation.id == id) return operation.passed_on.data();
  }
  return OSSL_PROVIDER_query_operation(selection().origin, id, no_cache);
}

int capabilities(void*, const char* capability, OSSL_CALLBACK* callback, void* argument) {
  return OSSL_PROVIDER_get_capabilities(selection().origin, capability, callback, argument);
}

int start(const OSSL_CORE_HANDLE*, const OSSL_DISPATCH*, const OSSL_DISPATCH** functions, void** context) {
  static const std::array<OSSL_DISPATCH, 3> ours{{
      {OSSL_FUNC_PROVIDER_QUERY_OPERATION, reinterpret_cast<void (*)()>(&query)},
      {OSSL_FUNC_PROVIDER_GET_CAPABILITIES, reinterpret_cast<void (*)()>(&capabilities)},
      {0, nullptr},
  }};
  *functions = ours.data();
  *context = OSSL_PROVIDER_get0_provider_ctx(selection().origin);  // what its algorithms expect
  return 1;
}

OSSL_LIB_CTX* make_context() {
  OPENSSL_init_crypto(OPENSSL_INIT_NO_ADD_ALL_CIPHERS, nullptr);
  if (EVP_default_properties_is_fips_enabled(nullptr) == 1) return nullptr;
  selection().origin = OSSL_PROVIDER_load(nullptr, "default");
  if (selection().origin == nullptr) return nullptr;
  for (Operation& operation : selection().operations) select(operation);
  OSSL_LIB_CTX* const context = OSSL_LIB_CTX_new();
  constexpr const char* name = "meshdrill-tls";
  if (context != nullptr && OSSL_PROVIDER_add_builtin(context, name, &start) == 1 &&
      OSSL_PROVIDER_load(context, name) != nullptr)
    return context;
  OSSL_LIB_CTX_free(context);
  return nullptr;
}

}  // namespace

OSSL_LIB_CTX* tls_algorithms() {
  static OSSL_LIB_CTX* const context = make_context();
  return context;
}

}  // namespace meshdrill::probe
