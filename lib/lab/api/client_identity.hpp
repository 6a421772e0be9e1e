#pragma once

#include "lab/api/api_types.hpp"

#include <optional>

#include <openssl/types.h>

namespace meshdrill::lab {

// The user whom the client's certificate names: common name and organizations, as Kubernetes reads them.
// nullopt when the client showed none. The handshake has verified the certificate.
std::optional<ApiUser> user_of_certificate(const SSL* connection);

}  // namespace meshdrill::lab
