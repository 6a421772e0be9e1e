// What Go's YAML 1.1 readers, Helm's and kubectl's, take a plain (unquoted) scalar for: 010 is 8, 008 is 8 as
// well (it is no octal number, so it is read as a float), no is false, and a context called y is a boolean.
#pragma once

#include <string_view>

namespace meshdrill {

struct Yaml11Scalar {
  enum class Type { string, boolean, number, null };

  Type type = Type::string;
  bool boolean = false;
  double number = 0;  // may be infinite or NaN (.inf, .nan), which Helm refuses
};

// The rules of resolve() in go.yaml.in/yaml/v2: whole words in lower, capitalised or upper case are booleans
// or null; integers by Go's base-0 syntax with underscores anywhere but in front; then decimal floats. Dates
// stay strings.
Yaml11Scalar resolve_yaml11(std::string_view plain);

}  // namespace meshdrill
