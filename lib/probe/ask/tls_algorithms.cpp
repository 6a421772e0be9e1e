#include "probe/ask/tls_algorithms.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

#include <openssl/core.h>
#include <openssl/core_dispatch.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/provider.h>

namespace meshdrill::probe {
namespace {

// HMAC is a kind of key for the cipher suites of TLS 1.2 that are no AEAD.
constexpr std::array<std::string_view, 9> wanted_keys{"RSA",    "RSA-PSS", "EC", "ED25519", "ED448",
                                                      "X25519", "X448",    "DH", "HMAC"};
// "DER" finds out which of the others it is.
constexpr std::array<std::string_view, 6> wanted_decoders{"RSA", "RSA-PSS", "EC", "ED25519", "ED448", "DER"};

// OpenSSL's own provider, and what of it is passed on. It calls us without any data of ours, hence global.
struct Passed {
  OSSL_PROVIDER* origin = nullptr;
  std::vector<OSSL_ALGORITHM> ciphers, keys, decoders;
};
Passed& passed() {
  static Passed value;
  return value;
}

template <typename Wanted>
std::vector<OSSL_ALGORITHM> select(int operation, const Wanted& is_wanted) {
  std::vector<OSSL_ALGORITHM> selected;
  int no_cache = 0;
  const OSSL_ALGORITHM* algorithm = OSSL_PROVIDER_query_operation(passed().origin, operation, &no_cache);
  for (; algorithm != nullptr && algorithm->algorithm_names != nullptr; ++algorithm) {
    const std::string_view names{algorithm->algorithm_names};
    if (is_wanted(names.substr(0, names.find(':')), std::string_view{algorithm->property_definition}))
      selected.push_back(*algorithm);
  }
  selected.push_back({});
  return selected;
}

template <std::size_t count>
bool is_in(const std::array<std::string_view, count>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// By its mode: no cipher suite has another.
bool is_cipher_of_tls(std::string_view name) {
  const auto has = [name](std::string_view mode) { return name.find(mode) != std::string_view::npos; };
  return name == "NULL" || has("-GCM") || has("-CCM") || has("Poly1305") || (has("-CBC") && !has("-CTS"));
}

const OSSL_ALGORITHM* query(void*, int operation, int* no_cache) {
  *no_cache = 0;
  switch (operation) {
    case OSSL_OP_CIPHER:
      return passed().ciphers.data();
    case OSSL_OP_KEYMGMT:
      return passed().keys.data();
    case OSSL_OP_DECODER:
      return passed().decoders.data();
    default:
      return OSSL_PROVIDER_query_operation(passed().origin, operation, no_cache);
  }
}

int capabilities(void*, const char* capability, OSSL_CALLBACK* callback, void* argument) {
  return OSSL_PROVIDER_get_capabilities(passed().origin, capability, callback, argument);
}

int start(const OSSL_CORE_HANDLE*, const OSSL_DISPATCH*, const OSSL_DISPATCH** functions, void** context) {
  static const std::array<OSSL_DISPATCH, 3> ours{{
      {OSSL_FUNC_PROVIDER_QUERY_OPERATION, reinterpret_cast<void (*)()>(&query)},
      {OSSL_FUNC_PROVIDER_GET_CAPABILITIES, reinterpret_cast<void (*)()>(&capabilities)},
      {0, nullptr},
  }};
  *functions = ours.data();
  *context = OSSL_PROVIDER_get0_provider_ctx(passed().origin);  // what its algorithms expect
  return 1;
}

OSSL_LIB_CTX* make_context() {
  if (EVP_default_properties_is_fips_enabled(nullptr) == 1) return nullptr;
  passed().origin = OSSL_PROVIDER_load(nullptr, "default");
  if (passed().origin == nullptr) return nullptr;
  passed().ciphers =
      select(OSSL_OP_CIPHER, [](std::string_view name, std::string_view) { return is_cipher_of_tls(name); });
  passed().keys = select(OSSL_OP_KEYMGMT,
                         [](std::string_view name, std::string_view) { return is_in(wanted_keys, name); });
  passed().decoders = select(OSSL_OP_DECODER, [](std::string_view name, std::string_view properties) {
    return is_in(wanted_decoders, name) && properties.find("input=der") != std::string_view::npos &&
           properties.find("structure=SubjectPublicKeyInfo") != std::string_view::npos;
  });
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
