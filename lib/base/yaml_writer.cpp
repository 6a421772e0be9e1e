#include "base/yaml_writer.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>

#include <boost/json/serialize.hpp>
#include <fmt/format.h>

namespace meshdrill {
namespace {

bool is_keyword(std::string_view text) {
  // The booleans and nulls of YAML 1.1, which is what Helm and kubectl read.
  static constexpr std::array words{"y",    "n",     "yes",  "no",  "on", "off",
                                    "true", "false", "null", "nan", "inf"};
  constexpr std::size_t longest = 5;
  if (text.size() > longest) return false;
  std::string lower{text};
  std::transform(lower.begin(), lower.end(), lower.begin(),
                 [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
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

// What YAML 1.1 takes for the end of a line, or a reader for no text.
bool has_separator(std::string_view text) {
  for (const std::string_view separator : {"\u0085", "\u2028", "\u2029", "\ufeff", "\x7f"}) {
    if (text.find(separator) != std::string_view::npos) return true;
  }
  return false;
}

// A literal block keeps text exactly when no line has trailing blanks or control characters, and it ends in
// one newline.
bool fits_literal(std::string_view text) {
  if (text.size() < 2 || !text.ends_with('\n') || text.ends_with("\n\n")) return false;
  const bool printable =
      std::all_of(text.begin(), text.end(), [](unsigned char c) { return c >= 0x20 || c == '\n'; });
  return printable && !text.starts_with(' ') && !text.starts_with('\n') &&
         text.find(" \n") == std::string_view::npos && !has_separator(text);
}

// In double quotes, with what no YAML reader may find plain in a line as escapes: control characters, the
// line separators that YAML 1.1 knows, and the byte order mark.
void add_quoted(std::string& to, std::string_view text) {
  to += '"';
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const auto byte = static_cast<unsigned char>(c);
    const std::string_view rest = text.substr(i, 3);
    if (c == '"' || c == '\\') {
      to += '\\';
      to += c;
    } else if (c == '\n') {
      to += "\\n";
    } else if (c == '\t') {
      to += "\\t";
    } else if (byte < 0x20 || byte == 0x7f) {
      to += fmt::format("\\x{:02x}", byte);
    } else if (byte == 0xc2 && rest.size() > 1 && static_cast<unsigned char>(rest[1]) <= 0xa0) {
      to += fmt::format("\\x{:02x}", static_cast<unsigned char>(text[++i]));
    } else if (rest == "\u2028" || rest == "\u2029" || rest == "\ufeff") {
      to += rest == "\u2028" ? "\\u2028" : rest == "\u2029" ? "\\u2029" : "\\ufeff";
      i += 2;
    } else {
      to += c;
    }
  }
  to += '"';
}

void add_word(std::string& to, std::string_view text) {
  if (is_plain(text)) {
    to += text;
  } else {
    add_quoted(to, text);
  }
}

// Block style, each level two further in. Every function ends the line that it is on.
class Writer {
 public:
  std::string text;

  void document(const boost::json::value& value) {
    if (const auto* object = value.if_object(); object != nullptr && !object->empty()) {
      map(*object, 0, false);
    } else if (const auto* array = value.if_array(); array != nullptr && !array->empty()) {
      list(*array, 0);
    } else {
      scalar(value, 0);
    }
  }

 private:
  void map(const boost::json::object& object, std::size_t indent, bool started);
  void list(const boost::json::array& array, std::size_t indent);
  void after_key(const boost::json::value& value, std::size_t indent);
  void item(const boost::json::value& value, std::size_t indent);
  void scalar(const boost::json::value& value, std::size_t indent);
  void literal(std::string_view block, std::size_t indent);
};

// `started`: the first key stands behind the "- " of a list.
void Writer::map(const boost::json::object& object, std::size_t indent, bool started) {
  for (const auto& [key, value] : object) {
    const bool comment = key.starts_with('#');
    if (comment && !value.is_string()) continue;
    if (!started) text.append(indent, ' ');
    started = false;
    if (comment) {
      text.append("# ").append(std::string_view{value.as_string()}).append("\n");
      continue;
    }
    add_word(text, key);
    text += ':';
    after_key(value, indent);
  }
}

void Writer::list(const boost::json::array& array, std::size_t indent) {
  for (const boost::json::value& value : array) {
    text.append(indent, ' ').append("-");
    item(value, indent);
  }
}

void Writer::after_key(const boost::json::value& value, std::size_t indent) {
  if (const auto* object = value.if_object(); object != nullptr && !object->empty()) {
    text += '\n';
    map(*object, indent + 2, false);
  } else if (const auto* array = value.if_array(); array != nullptr && !array->empty()) {
    text += '\n';
    list(*array, indent + 2);
  } else {
    text += ' ';
    scalar(value, indent);
  }
}

void Writer::item(const boost::json::value& value, std::size_t indent) {
  const auto* object = value.if_object();
  const auto* array = value.if_array();
  const bool nested = (object != nullptr && !object->empty()) || (array != nullptr && !array->empty());
  // A comment, or a list in a list, begins on the next line.
  if (nested && (array != nullptr || object->begin()->key().starts_with('#'))) {
    text += '\n';
    if (array != nullptr) return list(*array, indent + 2);
    return map(*object, indent + 2, false);
  }
  text += ' ';
  if (nested) return map(*object, indent + 2, true);
  scalar(value, indent);
}

void Writer::scalar(const boost::json::value& value, std::size_t indent) {
  if (const auto* string = value.if_string()) {
    if (fits_literal(*string)) return literal(*string, indent + 2);
    add_word(text, *string);
  } else if (value.is_null()) {
    text += '~';
  } else if (value.is_object()) {
    text += "{}";
  } else if (value.is_array()) {
    text += "[]";
  } else {
    text += boost::json::serialize(value);  // numbers and booleans are written in YAML as in JSON
  }
  text += '\n';
}

void Writer::literal(std::string_view block, std::size_t indent) {
  text += "|\n";
  while (!block.empty()) {
    const std::string_view line = block.substr(0, block.find('\n') + 1);
    if (line != "\n") text.append(indent, ' ');
    text += line;
    block.remove_prefix(line.size());
  }
}

}  // namespace

std::string to_yaml(const boost::json::value& value) {
  Writer writer;
  writer.document(value);
  return std::move(writer.text);
}

}  // namespace meshdrill
