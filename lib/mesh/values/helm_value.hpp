// Helm values with the types that Helm gives them, and where each stood.
#pragma once

#include "base/document.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json/value.hpp>

namespace meshdrill::mesh::values {

struct HelmValue {
  enum class Kind { null, boolean, number, string, list, map };
  struct Entry;

  Kind kind = Kind::null;
  Location where;
  bool boolean = false;
  double number = 0;  // Helm keeps integers as floats, too
  std::string text;   // of a string; of a boolean or a number as it is written in the file
  std::vector<HelmValue> items;
  std::vector<Entry> entries;  // in the order in which Helm sets them; keys are unique

  // The value under a dotted path ("config.domain"); nullptr when a part is absent or no map. `path` has no
  // empty parts.
  [[nodiscard]] const HelmValue* find(std::string_view path) const;
  // A whole number of at most 2^53, as `type: integer` of a JSON schema takes it: 8.0 is one.
  [[nodiscard]] std::optional<long long> integer() const;
};

struct HelmValue::Entry {
  std::string key;
  Location key_where;
  HelmValue value;
};

struct HelmRead {
  HelmValue values;
  Diagnostics findings;  // what is read otherwise than it is written
};

// Reads a values file as `helm -f` does (sigs.k8s.io/yaml, checked against helm 3.17.2 and 4.1.4): YAML 1.1
// scalars, keys made strings (no: is the key "false"), merge keys. What Helm refuses is an error, and so is
// what it takes without a word though it can hardly be meant: a key twice, a second document.
Checked<HelmRead> read_helm_values(Node document);
Checked<HelmRead> read_helm_values_text(std::string_view text, const std::string& file);
Checked<HelmRead> read_helm_values_file(const std::string& path);

// What `-f` of a later file does: maps are merged key by key, anything else is replaced.
void merge_values(HelmValue& base, HelmValue over);

// For messages: "a list", "null".
std::string_view name_of(HelmValue::Kind kind);

// As Helm's toJson prints it.
boost::json::value to_json(const HelmValue& value);

}  // namespace meshdrill::mesh::values
