// Who a client is: by its certificate, or by the token that it sends.
#pragma once

#include "lab/api/api_types.hpp"

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include <openssl/types.h>

namespace meshdrill::lab {

// The user whom the client's certificate names: common name and organizations, as Kubernetes reads them.
// nullopt when the client showed none. The handshake has verified the certificate.
std::optional<ApiUser> user_of_certificate(const SSL* connection);

// Whose bearer token an Authorization header has: one of `tokens`, or one that rbac_user() knows. nullopt
// when it is nobody's.
std::optional<ApiUser> user_of_token(std::string_view authorization,
                                     const std::map<std::string, ApiUser>& tokens);

}  // namespace meshdrill::lab
