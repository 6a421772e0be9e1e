// OpenSSL's algorithms, without those that a TLS client has no use for. OpenSSL 3.0 goes through every
// decoder and every kind of key that it knows for each certificate that it reads: a quarter of a handshake.
#pragma once

#include <openssl/types.h>

namespace meshdrill::probe {

// For SSL_CTX_new_ex(). Its algorithms are those of OpenSSL's default provider, but for keys only those that
// can stand in a certificate or be agreed upon in TLS, and to read them only what reads the keys of
// certificates. Null, which is the process' own context, when OpenSSL is configured to be FIPS, or cannot
// be set up like that. Lives until the process ends.
OSSL_LIB_CTX* tls_algorithms();

}  // namespace meshdrill::probe
