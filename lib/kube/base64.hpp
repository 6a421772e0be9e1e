#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace meshdrill::kube {

// RFC 4648, padded; line breaks within are passed over, as Go does. nullopt for anything else.
std::optional<std::string> decode_base64(std::string_view text);

}  // namespace meshdrill::kube
