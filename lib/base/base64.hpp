// Base64 of RFC 4648, padded, as Kubernetes has it in Secrets and kubeconfigs.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace meshdrill {

std::string encode_base64(std::string_view bytes);

// Line breaks within are passed over, as Go does. nullopt for anything else.
std::optional<std::string> decode_base64(std::string_view text);

}  // namespace meshdrill
