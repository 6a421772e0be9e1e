// OpenSSL's algorithms, without those that a TLS client has no use for. For each certificate that it reads,
// OpenSSL 3.0 goes through all that it has loaded, and through all their names: a third of a handshake's
// instructions with everything there is, a tenth with what is needed.
#pragma once

#include <openssl/types.h>

namespace meshdrill::probe {

// For SSL_CTX_new_ex(). Its algorithms are those of OpenSSL's default provider that cipher suites, key
// exchange and certificates are made of. Null, which is the process' own context, when OpenSSL is configured
// to be FIPS, or cannot be set up like that. Lives until the process ends. If nothing else has loaded them
// yet, the process then lacks the names of ciphers outside of TLS (OPENSSL_INIT_NO_ADD_ALL_CIPHERS), which
// only encrypted PEM files need, and we read none.
OSSL_LIB_CTX* tls_algorithms();

}  // namespace meshdrill::probe
