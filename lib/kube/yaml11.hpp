// What kubectl's YAML reader (Go's YAML 1.1) takes a plain, unquoted scalar for. A context called y is a
// boolean to it, and then does not load.
#pragma once

#include <optional>
#include <string_view>

namespace meshdrill::kube {

enum class PlainType { string, boolean, number };

PlainType plain_type(std::string_view text);

// y, yes, on, true and their opposites, each in lower case, capitalised or in upper case.
std::optional<bool> plain_boolean(std::string_view text);

}  // namespace meshdrill::kube
