#pragma once

#include "base/result.hpp"

#include <openssl/types.h>

namespace meshdrill {

// Lets `context` trust what the machine trusts: $SSL_CERT_FILE and $SSL_CERT_DIR, else OpenSSL's own places,
// else the bundle of whatever distribution this is. A static binary carries the paths of the distribution
// that it was linked on, and those are nowhere else. A machine without any authorities is no error; no
// certificate passes then.
Result<> trust_system_authorities(SSL_CTX* context);

}  // namespace meshdrill
