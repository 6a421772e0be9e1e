#include "mesh/values/helm_value.hpp"

#include "base/text.hpp"
#include "base/yaml11.hpp"

#include <algorithm>
#include <cmath>
#include <unordered_map>

#include <fmt/format.h>

namespace meshdrill::mesh::values {
namespace {

using Kind = HelmValue::Kind;

class Reader {
 public:
  // Takes the texts and places out of `node`.
  HelmValue value(Node&& node) {
    HelmValue read;
    switch (node.kind) {
      case Node::Kind::null:
        break;
      case Node::Kind::scalar:
        scalar(node, read);
        break;
      case Node::Kind::sequence:
        read.kind = Kind::list;
        read.items.reserve(node.items.size());
        for (Node& item : node.items) read.items.push_back(value(std::move(item)));
        break;
      case Node::Kind::map:
        read.kind = Kind::map;
        fill(read, node);
        break;
    }
    read.where = std::move(node.where);
    return read;
  }

  Diagnostics findings;

 private:
  void report(Severity severity, const Location& where, std::string_view rule, std::string what,
              std::string cure) {
    findings.push_back({severity, where, std::move(what), std::move(cure), std::string{rule}});
  }

  void scalar(Node& node, HelmValue& read) {
    read.text = std::move(node.scalar);
    read.kind = Kind::string;
    if (node.quoted) return;
    const Yaml11Scalar plain = resolve_yaml11(read.text);
    switch (plain.type) {
      case Yaml11Scalar::Type::string:
        break;
      case Yaml11Scalar::Type::null:
        read.kind = Kind::null;
        break;
      case Yaml11Scalar::Type::boolean:
        read.kind = Kind::boolean;
        read.boolean = plain.boolean;
        break;
      case Yaml11Scalar::Type::number:
        read.kind = Kind::number;
        read.number = plain.number;
        if (std::isfinite(plain.number)) break;
        report(Severity::error, node.where, "yaml", fmt::format("Helm refuses the number {}", read.text),
               "Quote it if it is a word.");
    }
  }

  // Helm turns values into JSON, whose keys are strings.
  std::string key_of(Node::Entry& entry) {
    if (entry.key_quoted) return std::move(entry.key);
    const Yaml11Scalar plain = resolve_yaml11(entry.key);
    std::string key = entry.key;
    if (plain.type == Yaml11Scalar::Type::boolean) key = plain.boolean ? "true" : "false";
    if (plain.type == Yaml11Scalar::Type::number) key = fmt::format("{}", plain.number);
    if (plain.type == Yaml11Scalar::Type::null) {
      report(Severity::error, entry.key_where, "yaml", "Helm refuses a key that is null",
             "Quote it if it is a word.");
    }
    if (key != entry.key) {
      report(Severity::warning, entry.key_where, "key-read-otherwise",
             fmt::format("Helm reads the key {} as \"{}\"", printable(entry.key), key), "Put it in quotes.");
    }
    return key;
  }

  // A map being filled, with the places of its keys once it has many: 50,000 must not be searched for each of
  // them.
  struct Filling {
    HelmValue& map;
    std::unordered_map<std::string, std::size_t> places;

    std::optional<std::size_t> find(const std::string& key) {
      constexpr std::size_t many = 16;
      const auto& entries = map.entries;
      if (entries.size() < many) {
        const auto known =
            std::find_if(entries.begin(), entries.end(), [&](const auto& entry) { return entry.key == key; });
        if (known == entries.end()) return std::nullopt;
        return static_cast<std::size_t>(known - entries.begin());
      }
      for (std::size_t i = places.size(); i < entries.size(); ++i) places.emplace(entries[i].key, i);
      const auto known = places.find(key);
      if (known == places.end()) return std::nullopt;
      return known->second;
    }
  };

  void fill(HelmValue& map, Node& node) {
    Filling filling{map, {}};
    map.entries.reserve(node.entries.size());
    for (Node::Entry& entry : node.entries) {
      if (entry.key == "<<" && !entry.key_quoted) {
        merge(filling, entry);
      } else {
        std::string key = key_of(entry);
        set(filling, {std::move(key), std::move(entry.key_where), value(std::move(entry.value))});
      }
    }
  }

  static void set(Filling& filling, HelmValue::Entry entry) {
    if (const auto place = filling.find(entry.key)) {
      filling.map.entries[*place] = std::move(entry);
    } else {
      filling.map.entries.push_back(std::move(entry));
    }
  }

  // Of several maps the first wins; over the keys that stand before it the merge wins, unlike in YAML's own
  // rule.
  void merge(Filling& filling, const Node::Entry& entry) {
    std::vector<const Node*> sources{&entry.value};
    if (entry.value.kind == Node::Kind::sequence) {
      sources.clear();
      for (const Node& item : entry.value.items) sources.push_back(&item);
    }
    const std::size_t own = filling.map.entries.size();
    for (auto source = sources.rbegin(); source != sources.rend(); ++source) {
      if ((*source)->kind != Node::Kind::map) {
        return report(Severity::error, entry.key_where, "yaml",
                      "a merge key (<<) needs a map or a list of maps", {});
      }
      HelmValue merged = value(Node{**source});
      for (HelmValue::Entry& inner : merged.entries) {
        const auto known = filling.find(inner.key);
        if (known && *known < own) report_overridden(filling.map, *known, inner);
        set(filling, std::move(inner));
      }
    }
  }

  void report_overridden(const HelmValue& map, std::size_t place, const HelmValue::Entry& by) {
    if (map.entries[place].key_where == by.key_where) return;
    report(Severity::warning, map.entries[place].key_where, "merge-overrides",
           fmt::format("the merge key (<<) after it overrides {} in Helm", printable(by.key)),
           "Put << first in the map.");
  }
};

}  // namespace

const HelmValue* HelmValue::find(std::string_view path) const {
  const HelmValue* value = this;
  while (value != nullptr && !path.empty()) {
    const std::size_t dot = std::min(path.find('.'), path.size());
    const std::string_view word = path.substr(0, dot);
    path.remove_prefix(std::min(dot + 1, path.size()));
    const auto entry = std::find_if(value->entries.begin(), value->entries.end(),
                                    [&](const Entry& known) { return known.key == word; });
    value = entry == value->entries.end() ? nullptr : &entry->value;
  }
  return value;
}

std::optional<long long> HelmValue::integer() const {
  constexpr double exact = 9007199254740992.0;
  if (kind != Kind::number || std::trunc(number) != number || std::abs(number) > exact) return std::nullopt;
  return static_cast<long long>(number);
}

Checked<HelmRead> read_helm_values(Node document) {
  Reader reader;
  HelmRead read{reader.value(std::move(document)), {}};
  read.findings = std::move(reader.findings);
  if (read.values.kind != Kind::map && read.values.kind != Kind::null) {
    read.findings.push_back({Severity::error, read.values.where, "Helm values are a map", {}, "yaml"});
  }
  if (has_errors(read.findings)) return tl::unexpected(std::move(read.findings));
  return read;
}

Checked<HelmRead> read_helm_values_text(std::string_view text, const std::string& file) {
  return parse_document(text, file, {.merge_keys = true}).and_then(read_helm_values);
}

Checked<HelmRead> read_helm_values_file(const std::string& path) {
  return read_document(path, {.merge_keys = true}).and_then(read_helm_values);
}

void merge_values(HelmValue& base, HelmValue over) {
  for (HelmValue::Entry& entry : over.entries) {
    const auto same = std::find_if(base.entries.begin(), base.entries.end(),
                                   [&](const HelmValue::Entry& known) { return known.key == entry.key; });
    if (same == base.entries.end()) {
      base.entries.push_back(std::move(entry));
    } else if (same->value.kind == Kind::map && entry.value.kind == Kind::map) {
      merge_values(same->value, std::move(entry.value));
    } else {
      *same = std::move(entry);
    }
  }
  if (base.kind == Kind::null) base.kind = over.kind;
}

std::string_view name_of(Kind kind) {
  switch (kind) {
    case Kind::null:
      return "null";
    case Kind::boolean:
      return "a boolean";
    case Kind::number:
      return "a number";
    case Kind::string:
      return "a string";
    case Kind::list:
      return "a list";
    case Kind::map:
      break;
  }
  return "a map";
}

boost::json::value to_json(const HelmValue& value) {
  switch (value.kind) {
    case Kind::null:
      return nullptr;
    case Kind::boolean:
      return value.boolean;
    case Kind::number:
      return value.number;
    case Kind::string:
      return boost::json::string(value.text);
    case Kind::list: {
      boost::json::array items;
      for (const HelmValue& item : value.items) items.push_back(to_json(item));
      return items;
    }
    case Kind::map:
      break;
  }
  boost::json::object entries;
  for (const HelmValue::Entry& entry : value.entries) entries[entry.key] = to_json(entry.value);
  return entries;
}

}  // namespace meshdrill::mesh::values
