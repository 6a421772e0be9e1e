#pragma once

#include <string>
#include <string_view>

namespace meshdrill::kube {

// Everything but RFC 3986's unreserved characters as %XX: fit for a path segment and for a query value.
std::string percent_encode(std::string_view text);

}  // namespace meshdrill::kube
