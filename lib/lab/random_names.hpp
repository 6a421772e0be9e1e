#pragma once

#include <cstddef>
#include <random>
#include <string>
#include <string_view>

namespace meshdrill::lab {

// The lab's one source of chance: backend picks and generated names.
using Random = std::mt19937_64;

// `length` characters of those that Kubernetes uses in generated names (no vowels, so no words).
std::string random_suffix(Random& random, std::size_t length = 5);

// Ten such characters that depend on `text` alone: the hash of a Pod template.
std::string template_hash(std::string_view text);

}  // namespace meshdrill::lab
