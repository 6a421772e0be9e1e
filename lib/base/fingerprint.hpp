#pragma once

#include "base/result.hpp"

#include <string>
#include <string_view>

namespace meshdrill {

// SHA-256 of a certificate, in lower-case hex: what tells two apart. `text` is PEM, or PEM in base64 as Helm
// values and Secrets have it; of several certificates the first counts. The text itself never shows in the
// error.
Result<std::string> certificate_fingerprint(std::string_view text);

}  // namespace meshdrill
