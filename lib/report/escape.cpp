#include "report/escape.hpp"

#include "base/text.hpp"
#include "base/utf8.hpp"

#include <utility>
#include <vector>

namespace meshdrill::report {
namespace {

using Replacements = std::vector<std::pair<char, std::string_view>>;

std::string replace(std::string_view text, const Replacements& replacements) {
  std::string result;
  for (const char c : text) {
    std::string_view with{&c, 1};
    for (const auto& [from, to] : replacements) {
      if (c == from) with = to;
    }
    result += with;
  }
  return result;
}

bool is_xml_character(std::string_view character) {
  if (character == "\xEF\xBF\xBE" || character == "\xEF\xBF\xBF") return false;
  if (character.size() > 1) return true;
  const auto byte = static_cast<unsigned char>(character.front());
  return (byte >= 0x20 && byte != 0x7F) || byte == '\t' || byte == '\n' || byte == '\r';
}

}  // namespace

std::string clean(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    const std::size_t length = character_length(text);
    if (length == 0) {
      result += "\xEF\xBF\xBD";
      text.remove_prefix(1);
      continue;
    }
    if (is_xml_character(text.substr(0, length))) result += text.substr(0, length);
    text.remove_prefix(length);
  }
  return result;
}

std::string shorten(std::string_view text, std::size_t most) {
  if (text.size() <= most) return std::string{text};
  // Not inside a character: what follows its first byte begins with the bits 10.
  while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xC0U) == 0x80U) --most;
  return std::string{text.substr(0, most)} + "…";
}

std::string escape_xml(std::string_view text) {
  return replace(clean(text), {{'&', "&amp;"},
                               {'<', "&lt;"},
                               {'>', "&gt;"},
                               {'"', "&quot;"},
                               {'\'', "&#39;"},
                               {'\n', "&#10;"},
                               {'\r', "&#13;"},
                               {'\t', "&#9;"}});
}

std::string escape_xml_text(std::string_view text) {
  return replace(clean(text), {{'&', "&amp;"}, {'<', "&lt;"}, {'>', "&gt;"}});
}

std::string escape_markdown(std::string_view text) {
  // Entities rather than backslashes where an extension of GitHub's would look for the character itself.
  return replace(printable(clean(text)), {{'&', "&amp;"},
                                          {'<', "&lt;"},
                                          {'>', "&gt;"},
                                          {'@', "&#64;"},
                                          {'#', "&#35;"},
                                          {'|', "\\|"},
                                          {'\\', "\\\\"},
                                          {'`', "\\`"},
                                          {'*', "\\*"},
                                          {'_', "\\_"},
                                          {'[', "\\["},
                                          {']', "\\]"},
                                          {'~', "\\~"},
                                          {'$', "&#36;"}});
}

std::string escape_github(std::string_view text) {
  return replace(clean(text), {{'%', "%25"}, {'\r', "%0D"}, {'\n', "%0A"}});
}

std::string escape_github_property(std::string_view text) {
  return replace(escape_github(text), {{':', "%3A"}, {',', "%2C"}});
}

std::string escape_csv(std::string_view text) {
  std::string field = printable(clean(text));
  if (!field.empty() && std::string_view{"=+-@"}.find(field.front()) != std::string_view::npos)
    field.insert(field.begin(), '\'');
  if (field.find_first_of(",\"") == std::string::npos) return field;
  return '"' + replace(field, {{'"', "\"\""}}) + '"';
}

std::string escape_label(std::string_view text) {
  return replace(printable(clean(text)), {{'\\', "\\\\"}, {'"', "\\\""}});
}

std::string escape_script(std::string_view json) {
  std::string result;
  for (std::size_t i = 0; i < json.size(); ++i) {
    const std::string_view rest = json.substr(i, 3);
    if (json[i] == '<') {
      result += "\\u003c";
    } else if (rest == "\xE2\x80\xA8" || rest == "\xE2\x80\xA9") {
      result += rest == "\xE2\x80\xA8" ? "\\u2028" : "\\u2029";
      i += 2;
    } else {
      result += json[i];
    }
  }
  return result;
}

}  // namespace meshdrill::report
