// Writes YAML that every reader takes the same way. Strings that YAML 1.1 or 1.2 readers would take for
// something else (no, 010, 1e3, 2024-01-01, …) are quoted; yaml-cpp's own emitter leaves them plain
// (jbeder/yaml-cpp#1276).
#pragma once

#include <string>

#include <boost/json/value.hpp>

namespace meshdrill {

// `value` as a block-style YAML document, keys in the order of the object, ending in a newline. Strings with
// newlines become literal blocks; empty lists and maps are written [] and {}. Comments: a key that starts
// with '#' is written as a comment line holding its string value, at that place.
std::string to_yaml(const boost::json::value& value);

}  // namespace meshdrill
