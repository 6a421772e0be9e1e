#include "base/yaml_writer.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>

#include <boost/json/serialize.hpp>
#include <fmt/format.h>
#include <yaml-cpp/yaml.h>

namespace meshdrill {
namespace {

bool is_keyword(std::string_view text) {
  std::string lower{text};
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  // The booleans and nulls of YAML 1.1, which is what Helm and kubectl read.
  static constexpr std::array words{"y",    "n",     "yes",  "no",  "on", "off",
                                    "true", "false", "null", "nan", "inf"};
  return std::find(words.begin(), words.end(), lower) != words.end();
}

// Safe to leave plain: starts with a letter or '/', holds only characters that have no meaning in YAML, is no
// keyword. All that could be a number or a date starts with a digit, a sign or a dot, and so is quoted.
bool is_plain(std::string_view text) {
  if (text.empty() || is_keyword(text)) return false;
  const auto first = static_cast<unsigned char>(text.front());
  if (std::isalpha(first) == 0 && text.front() != '/') return false;
  return std::all_of(text.begin(), text.end(), [](unsigned char c) {
    return std::isalnum(c) != 0 ||
           std::string_view{"_-./$()"}.find(static_cast<char>(c)) != std::string_view::npos;
  });
}

// A literal block keeps text exactly when no line has trailing blanks or control characters, and it ends in
// one newline.
bool fits_literal(std::string_view text) {
  const bool printable =
      std::all_of(text.begin(), text.end(), [](unsigned char c) { return c >= 0x20 || c == '\n'; });
  return printable && text.size() > 1 && text.ends_with('\n') && !text.ends_with("\n\n") &&
         !text.starts_with(' ') && !text.starts_with('\n') && text.find(" \n") == std::string_view::npos;
}

void emit_string(YAML::Emitter& out, const std::string& text) {
  if (fits_literal(text)) {
    out << YAML::Literal << text;
  } else if (is_plain(text)) {
    out << text;
  } else {
    out << YAML::DoubleQuoted << text;
  }
}

void emit(YAML::Emitter& out, const boost::json::value& value, int indent);

// yaml-cpp puts comments at the left edge, behind an empty line in a nested map. This byte, which no YAML
// holds, marks ours, and how far in they belong, until all is written.
constexpr char mark = '\x01';

void emit_map(YAML::Emitter& out, const boost::json::object& object, int indent) {
  if (object.empty()) out << YAML::Flow;
  out << YAML::BeginMap;
  for (const auto& [key, value] : object) {
    if (key.starts_with('#')) {
      if (!value.is_string()) continue;
      const std::string text =
          fmt::format("{}{}{}{}", mark, indent, mark, std::string_view{value.as_string()});
      out << YAML::Newline << YAML::Comment(text);
      continue;
    }
    out << YAML::Key;
    emit_string(out, std::string{key});
    out << YAML::Value;
    emit(out, value, indent + 2);
  }
  out << YAML::EndMap;
}

void emit(YAML::Emitter& out, const boost::json::value& value, int indent) {
  if (const auto* object = value.if_object()) {
    emit_map(out, *object, indent);
  } else if (const auto* array = value.if_array()) {
    if (array->empty()) out << YAML::Flow;
    out << YAML::BeginSeq;
    for (const auto& item : *array) emit(out, item, indent + 2);
    out << YAML::EndSeq;
  } else if (const auto* string = value.if_string()) {
    emit_string(out, std::string{*string});
  } else if (value.is_null()) {
    out << YAML::Null;
  } else {
    // Numbers and booleans are written in YAML as in JSON.
    out << boost::json::serialize(value);
  }
}

std::string place_comments(std::string_view text) {
  const std::string start = fmt::format("# {}", mark);
  std::string placed;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size() - 1) + 1;
    std::string_view line = text.substr(0, end);
    text.remove_prefix(end);
    const std::size_t found = line.find(start);
    if (found == std::string_view::npos) {
      placed += line;
      continue;
    }
    line.remove_prefix(found + start.size());
    const std::size_t width = line.find(mark);
    while (placed.ends_with("\n\n") || placed == "\n") placed.pop_back();
    placed += fmt::format("{}# {}", std::string(std::stoul(std::string{line.substr(0, width)}), ' '),
                          line.substr(width + 1));
  }
  return placed;
}

}  // namespace

std::string to_yaml(const boost::json::value& value) {
  YAML::Emitter out;
  emit(out, value, 0);
  std::string text = place_comments(out.c_str());
  if (!text.ends_with('\n')) text += '\n';  // a literal block at the end has brought its own
  return text;
}

}  // namespace meshdrill
