#include "base/document_reader.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <charconv>

#include <fmt/format.h>

namespace meshdrill {
namespace {

std::string_view name_of(Node::Kind kind) {
  switch (kind) {
    case Node::Kind::null:
      return "nothing";
    case Node::Kind::scalar:
      return "a single value";
    case Node::Kind::sequence:
      return "a list";
    case Node::Kind::map:
      break;
  }
  return "a map";
}

constexpr std::string_view is_missing = "this key is required and missing";

tl::unexpected<Error> wrong_kind(const Node& node, std::string_view wanted) {
  return fail(fmt::format("expected {}, got {}", wanted, name_of(node.kind)));
}

const Node& no_keys() {
  static const Node node{.kind = Node::Kind::map};
  return node;
}

}  // namespace

MapReader::MapReader(const Node& node, std::string path, Diagnostics& diagnostics)
    : node_(node), path_(std::move(path)), diagnostics_(diagnostics) {
  if (node.kind == Node::Kind::map) return;
  const std::string subject = path_.empty() ? "the file" : path_;
  diagnostics_.push_back({Severity::error,
                          node.where,
                          fmt::format("{}: expected a map, got {}", subject, name_of(node.kind)),
                          {},
                          "wrong-value"});
}

MapReader::MapReader(KeyShape& shape, Diagnostics& diagnostics)
    : node_(no_keys()), diagnostics_(diagnostics), shape_(&shape) {}

std::string MapReader::path_of(std::string_view key) const {
  return path_.empty() ? std::string{key} : fmt::format("{}.{}", path_, key);
}

void MapReader::error(const Node& node, std::string_view key, std::string what, std::string cure,
                      std::string_view rule) {
  diagnostics_.push_back({Severity::error, node.where, fmt::format("{}: {}", path_of(key), what),
                          std::move(cure), std::string{rule}});
}

void MapReader::note(std::string_view key, ValueKind kind, std::string_view pattern) {
  if (shape_ == nullptr) return;
  KeyShape& shape = shape_->at(key);
  shape.kind = kind;
  if (!pattern.empty()) shape.pattern = pattern;
}

void MapReader::note_word(std::string_view key, std::string_view word) {
  if (shape_ != nullptr) shape_->at(key).allowed.emplace_back(word);
}

const Node* MapReader::find(std::string_view key) {
  if (shape_ != nullptr) shape_->at(key);
  if (std::find(known_.begin(), known_.end(), key) == known_.end()) known_.emplace_back(key);
  const Node* node = node_.find(key);
  return node == nullptr || node->kind == Node::Kind::null ? nullptr : node;
}

const Node* MapReader::require(std::string_view key) {
  const Node* node = find(key);
  if (shape_ != nullptr) shape_->at(key).required = true;
  if (node == nullptr && node_.kind == Node::Kind::map) {
    error(node_, key, std::string{is_missing}, {}, "missing-key");
  }
  return node;
}

std::optional<std::string> MapReader::string(std::string_view key) {
  note(key, ValueKind::string);
  const Node* node = find(key);
  if (node == nullptr) return std::nullopt;
  Result<std::string> value = read_string(*node);
  if (value) return std::move(*value);
  error(*node, key, value.error().message);
  return std::nullopt;
}

std::optional<std::int64_t> MapReader::integer(std::string_view key, std::int64_t minimum,
                                               std::int64_t maximum) {
  note(key, ValueKind::integer);
  if (shape_ != nullptr) {
    shape_->at(key).minimum = minimum;
    shape_->at(key).maximum = maximum;
  }
  const Node* node = find(key);
  if (node == nullptr) return std::nullopt;
  const Result<std::int64_t> value = read_integer(*node, minimum, maximum);
  if (value) return *value;
  error(*node, key, value.error().message);
  return std::nullopt;
}

std::optional<bool> MapReader::boolean(std::string_view key) {
  note(key, ValueKind::boolean);
  const Node* node = find(key);
  if (node == nullptr) return std::nullopt;
  const Result<bool> value = read_boolean(*node);
  if (value) return *value;
  error(*node, key, value.error().message);
  return std::nullopt;
}

std::optional<Duration> MapReader::duration(std::string_view key) {
  note(key, ValueKind::string, pattern::duration);
  const Node* node = find(key);
  if (node == nullptr) return std::nullopt;
  const Result<Duration> value = node->kind == Node::Kind::scalar
                                     ? parse_duration(node->scalar)
                                     : wrong_kind(*node, "a duration such as 30s");
  if (value) return *value;
  error(*node, key, value.error().message);
  return std::nullopt;
}

std::optional<std::vector<std::string>> MapReader::strings(std::string_view key) {
  note(key, ValueKind::strings);
  const Node* node = find(key);
  if (node == nullptr) return std::nullopt;
  if (node->kind != Node::Kind::sequence) {
    error(*node, key, wrong_kind(*node, "a list").value().message, "Put the value in brackets: [value].");
    return std::nullopt;
  }
  std::vector<std::string> values;
  for (const Node& item : node->items) {
    Result<std::string> value = read_string(item);
    if (!value) {
      error(item, key, value.error().message);
      return std::nullopt;
    }
    values.push_back(std::move(*value));
  }
  return values;
}

std::optional<std::string> MapReader::choice(std::string_view key,
                                             const std::vector<std::string_view>& allowed) {
  note(key, ValueKind::choice);
  if (shape_ != nullptr) shape_->at(key).allowed.assign(allowed.begin(), allowed.end());
  const Node* node = find(key);
  if (node == nullptr) return std::nullopt;
  if (node->kind == Node::Kind::scalar &&
      std::find(allowed.begin(), allowed.end(), node->scalar) != allowed.end()) {
    return node->scalar;
  }
  const std::string hint = node->kind == Node::Kind::scalar ? closest(node->scalar, allowed) : std::string{};
  error(*node, key, fmt::format("expected one of {}", fmt::join(allowed, ", ")),
        hint.empty() ? std::string{} : fmt::format("Did you mean \"{}\"?", hint));
  return std::nullopt;
}

bool MapReader::section(std::string_view key, const std::function<void(MapReader&)>& read) {
  note_keys(key, ValueKind::map, read);
  const Node* node = find(key);
  if (node == nullptr) return false;
  MapReader inner{*node, path_of(key), diagnostics_};
  read(inner);
  inner.finish();
  return true;
}

bool MapReader::items(std::string_view key, const std::function<void(MapReader&)>& read) {
  note_keys(key, ValueKind::maps, read);
  const Node* list = find(key);
  if (list == nullptr) return false;
  if (list->kind != Node::Kind::sequence) {
    error(*list, key, "expected a list");
    return false;
  }
  for (std::size_t i = 0; i < list->items.size(); ++i) {
    MapReader inner{list->items[i], fmt::format("{}[{}]", path_of(key), i), diagnostics_};
    read(inner);
    inner.finish();
  }
  return true;
}

bool MapReader::named_sections(std::string_view key,
                               const std::function<void(const std::string&, MapReader&)>& read) {
  note_keys(key, ValueKind::named_maps, [&](MapReader& inner) { read("", inner); });
  const Node* map = find(key);
  if (map == nullptr) return false;
  MapReader names{*map, path_of(key), diagnostics_};  // reports what is no map
  for (const Node::Entry& entry : map->entries) {
    names.section(entry.key, [&](MapReader& inner) { read(entry.key, inner); });
  }
  return true;
}

// Into a shape of its own first: `read` may ask this reader for other keys.
void MapReader::note_keys(std::string_view key, ValueKind kind, const std::function<void(MapReader&)>& read) {
  if (shape_ == nullptr) return;
  note(key, kind);
  KeyShape inner = record_shape(read);
  shape_->at(key).keys = std::move(inner.keys);
}

void MapReader::finish() {
  for (const Node::Entry& entry : node_.entries) {
    if (std::find(known_.begin(), known_.end(), entry.key) != known_.end()) continue;
    const std::vector<std::string_view> candidates(known_.begin(), known_.end());
    const std::string hint = closest(entry.key, candidates);
    // A slip in a required key is one fault.
    const std::string missed = fmt::format("{}: {}", path_of(hint), is_missing);
    std::erase_if(diagnostics_, [&](const Diagnostic& one) {
      return one.rule == "missing-key" && one.where == node_.where && one.what == missed;
    });
    diagnostics_.push_back({Severity::error, entry.key_where,
                            fmt::format("{}: unknown key", path_of(entry.key)),
                            hint.empty() ? fmt::format("Known keys here: {}.", fmt::join(known_, ", "))
                                         : fmt::format("Did you mean \"{}\"?", hint),
                            "unknown-key"});
  }
}

KeyShape record_shape(const std::function<void(MapReader&)>& read) {
  KeyShape shape;
  shape.kind = ValueKind::map;
  Diagnostics ignored;  // that required keys are missing
  MapReader recorder{shape, ignored};
  read(recorder);
  return shape;
}

Result<std::int64_t> read_integer(const Node& node, std::int64_t minimum, std::int64_t maximum) {
  if (node.kind != Node::Kind::scalar) return wrong_kind(node, "a whole number");
  if (node.quoted) return fail(fmt::format("expected a whole number, got the string \"{}\"", node.scalar));
  const std::string_view text = node.scalar;
  const std::string_view digits = text.starts_with('-') ? text.substr(1) : text;
  std::int64_t value = 0;
  const auto [end, status] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool all_digits = !digits.empty() && digits.find_first_not_of("0123456789") == std::string_view::npos;
  if (!all_digits) return fail(fmt::format("expected a whole number, got \"{}\"", text));
  if (digits.size() > 1 && digits.starts_with('0')) {
    return fail(fmt::format(
        "\"{}\" starts with a zero, which some YAML readers take for octal; write it without", text));
  }
  if (status != std::errc{} || end != text.data() + text.size() || value < minimum || value > maximum) {
    return fail(fmt::format("{} is outside {} to {}", text, minimum, maximum));
  }
  return value;
}

Result<bool> read_boolean(const Node& node) {
  if (node.kind != Node::Kind::scalar) return wrong_kind(node, "true or false");
  if (!node.quoted && node.scalar == "true") return true;
  if (!node.quoted && node.scalar == "false") return false;
  return fail(fmt::format("expected true or false, got \"{}\"", node.scalar));
}

Result<std::string> read_string(const Node& node) {
  if (node.kind != Node::Kind::scalar) return wrong_kind(node, "a string");
  return node.scalar;
}

}  // namespace meshdrill
