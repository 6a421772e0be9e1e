#pragma once

#include <string>
#include <string_view>

namespace meshdrill {

// SHA-256 of `content` in lower-case hex, as sha256sum prints it.
std::string sha256(std::string_view content);

}  // namespace meshdrill
