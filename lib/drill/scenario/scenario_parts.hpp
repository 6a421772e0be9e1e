// The parts of a drill file, each read by a file of its own. Internal to the reader.
#pragma once

#include "base/document_reader.hpp"
#include "drill/scenario/limit.hpp"
#include "drill/scenario/scenario.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace meshdrill::drill {

// A value that a parser from limit.hpp reads.
template <class T>
std::optional<T> read_with(MapReader& map, std::string_view key, Result<T> (*parse)(std::string_view)) {
  map.note(key, ValueKind::string);
  const Node* node = map.find(key);
  if (node == nullptr) return std::nullopt;
  const Result<std::string> text = read_string(*node);
  const Result<T> value = text ? parse(*text) : tl::unexpected(text.error());
  if (value) return *value;
  map.error(*node, key, value.error().message);
  return std::nullopt;
}

// scenario_target.cpp. A fault without Pods of its own needs no `target.behind`.
Target read_target(MapReader& map);
Fault read_fault(MapReader& root);

// scenario_expect.cpp. What is asked of each phase; of those that the file leaves out, by the fault.
std::array<Expectation, phase_count> read_expectations(MapReader& root, const Fault& fault);

// scenario_guards.cpp
void read_guards(MapReader& map, Guards& guards);

}  // namespace meshdrill::drill
