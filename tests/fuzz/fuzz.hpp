// What the fuzzers share: the entry point's types, and what must hold of every list of findings.
#pragma once

#include "base/diagnostic.hpp"

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace meshdrill::fuzz {

inline std::string_view as_text(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

inline void demand(bool holds, const char* what) {
  if (holds) return;
  std::fprintf(stderr, "this does not hold: %s\n", what);
  std::abort();
}

// A refusal has an error, each finding says something and where, and showing it works.
inline void demand_sound(const Diagnostics& findings, bool refused) {
  demand(!refused || has_errors(findings), "what is refused is an error");
  for (const Diagnostic& finding : findings) {
    demand(!finding.what.empty(), "a finding says what is wrong");
    demand(!finding.where.file.empty(), "a finding names its file");
    demand(!to_string(finding).empty(), "a finding can be shown");
  }
}

}  // namespace meshdrill::fuzz

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);
