#include "probe/ask/request.hpp"

#include "base/files.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <cstdlib>

#include <boost/algorithm/string/predicate.hpp>
#include <fmt/format.h>

namespace meshdrill::probe {
namespace {

constexpr std::size_t largest_header_file = 65'536;
// What the prober has to set itself, to know where an answer ends and whether the connection stays.
constexpr std::array<std::string_view, 4> ours{"Connection", "Content-Length", "Transfer-Encoding",
                                               "Upgrade"};

// RFC 9110, section 5.6.2.
bool is_token(std::string_view text) {
  constexpr std::string_view marks = "!#$%&'*+-.^_`|~";
  return !text.empty() && std::all_of(text.begin(), text.end(), [&](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || marks.find(c) != std::string_view::npos;
  });
}

bool is_value(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte == '\t' || (byte >= 0x20 && byte != 0x7f);
  });
}

std::string_view trim(std::string_view text) {
  constexpr std::string_view blank = " \t";
  const auto first = text.find_first_not_of(blank);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blank) - first + 1);
}

Result<std::string> from_environment(const std::string& name, const std::string& variable) {
  const char* const value = std::getenv(variable.c_str());  // NOLINT(concurrency-mt-unsafe): read at start
  if (value == nullptr || *value == '\0') {
    return fail(fmt::format("header '{}': the environment variable {} is {}", name, variable,
                            value == nullptr ? "not set" : "empty"));
  }
  return std::string{value};
}

Result<std::string> from_file(const std::string& name, const std::string& path) {
  auto text = read_file(path, largest_header_file);
  if (!text) return fail(fmt::format("header '{}': {}", name, text.error().message));
  text->erase(text->find_last_not_of("\r\n") + 1);
  if (text->empty()) return fail(fmt::format("header '{}': {} is empty", name, path));
  return text;
}

Result<> check_header(const Header& header) {
  if (!is_token(header.name)) return fail(fmt::format("header '{}': not a header name", header.name));
  const bool set_by_us = std::any_of(ours.begin(), ours.end(), [&](std::string_view name) {
    return boost::algorithm::iequals(name, header.name);
  });
  if (set_by_us) return fail(fmt::format("header '{}': set by the prober itself", header.name));
  if (!is_value(header.value)) {
    return fail(
        fmt::format("header '{}': its value has a line break or another control character", header.name));
  }
  return {};
}

}  // namespace

Result<Header> parse_header(std::string_view text) {
  const auto colon = text.find(':');
  if (colon == std::string_view::npos) {
    // What stands there may be a secret whose name was forgotten.
    return fail("header: not NAME: VALUE; VALUE may end in env:VARIABLE or @FILE");
  }
  Header header{std::string{trim(text.substr(0, colon))}, {}};
  const std::string_view value = trim(text.substr(colon + 1));
  const auto blank = value.find_last_of(" \t");
  const auto last = blank == std::string_view::npos ? 0 : blank + 1;
  const std::string_view word = value.substr(last);
  header.value = value.substr(0, last);
  Result<std::string> rest{std::string{word}};
  if (word.starts_with("env:")) rest = from_environment(header.name, std::string{word.substr(4)});
  if (word.starts_with('@')) rest = from_file(header.name, std::string{word.substr(1)});
  if (!rest) return tl::unexpected(rest.error());
  header.value += *rest;
  if (auto checked = check_header(header); !checked) return tl::unexpected(checked.error());
  return header;
}

Result<> check(const RequestOptions& request) {
  if (!is_token(request.method)) return fail("method: '" + request.method + "' is no HTTP method");
  if (request.method == "CONNECT") return fail("method: CONNECT asks for a tunnel, which is not probed");
  if (!request.body.empty() && (request.method == "GET" || request.method == "HEAD")) {
    return fail("body: a " + request.method + " request has none; choose a method such as POST");
  }
  for (const Header& header : request.headers) {
    if (auto checked = check_header(header); !checked) return checked;
  }
  return {};
}

const Header* find_header(const std::vector<Header>& headers, std::string_view name) {
  const auto found = std::find_if(headers.begin(), headers.end(), [&](const Header& header) {
    return boost::algorithm::iequals(header.name, name);
  });
  return found == headers.end() ? nullptr : &*found;
}

}  // namespace meshdrill::probe
