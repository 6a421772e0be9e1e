// What a request carries besides its URL: method, headers, body. Headers may hold secrets, so their values
// come from the environment or a file, and nothing here ever shows one.
#pragma once

#include "base/result.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace meshdrill::probe {

struct Header {
  std::string name;
  std::string value;  // as it is sent; never to be printed, logged or stored
};

struct RequestOptions {
  std::string method = "GET";
  std::vector<Header> headers;  // in the order they are sent; Host, User-Agent and Accept replace ours
  std::string body;             // sent with its Content-Length unless empty
};

// Reads "NAME: VALUE". When the last word of VALUE is env:VARIABLE or @FILE, that word is replaced by what
// the variable or the file holds (without the line's end): "Authorization: Bearer env:TOKEN", "X-Key:
// @key.txt". Fails when the name is no header name or one that the prober itself sets (Connection,
// Content-Length, Transfer-Encoding), when the variable or file is missing or empty, when the value cannot
// stand in a header. The error never shows the value.
Result<Header> parse_header(std::string_view text);

// The same checks of the whole; the error names the field.
Result<> check(const RequestOptions& request);

// Value of the header called `name` in any case; null when it is not among them.
const Header* find_header(const std::vector<Header>& headers, std::string_view name);

}  // namespace meshdrill::probe
