// Keys on the curve P-256, written down without OpenSSL 3.0's general encoders: these take 0.4 ms a
// certificate, five times what making and signing it does, and a mesh of 511 clusters has two thousand.
#pragma once

#include "base/openssl_handles.hpp"
#include "base/result.hpp"

#include <array>
#include <string>
#include <string_view>

namespace meshdrill::openssl {

struct P256Key {
  Key key;
  std::array<unsigned char, 65> point{};  // the public key, uncompressed (SEC 1, 2.3.3)
};

// A new one from OpenSSL's generator.
Result<P256Key> make_p256_key();

// As PEM, PKCS#8 (RFC 5208, RFC 5915), byte for byte what OpenSSL writes. Secret.
Result<std::string> private_key_pem(const P256Key& key);

// Whether `pem` is such a key and `certificate` is for it. False as well for keys on other curves, or written
// otherwise: these are OpenSSL's to read.
bool is_p256_pair(X509* certificate, std::string_view pem);

// Makes it the public key of `certificate`, as X509_set_pubkey() does.
bool set_public_key(X509* certificate, const P256Key& key);

}  // namespace meshdrill::openssl
