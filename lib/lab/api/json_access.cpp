#include "lab/api/json_access.hpp"

#include <charconv>

namespace meshdrill::lab {

namespace json = boost::json;

std::string_view view(const json::string& text) {
  return {text.data(), text.size()};
}

const json::value* find_value(const json::object& object, Path path) {
  const json::object* current = &object;
  const json::value* found = nullptr;
  for (const std::string_view key : path) {
    if (current == nullptr) return nullptr;
    found = current->if_contains(key);
    if (found == nullptr) return nullptr;
    current = found->if_object();
  }
  return found;
}

const json::object* find_object(const json::object& object, Path path) {
  const json::value* const found = find_value(object, path);
  return found == nullptr ? nullptr : found->if_object();
}

const json::array* find_array(const json::object& object, Path path) {
  const json::value* const found = find_value(object, path);
  return found == nullptr ? nullptr : found->if_array();
}

std::string_view text_at(const json::object& object, Path path) {
  const json::value* const found = find_value(object, path);
  const json::string* const text = found == nullptr ? nullptr : found->if_string();
  return text == nullptr ? std::string_view() : view(*text);
}

std::optional<std::int64_t> integer_at(const json::object& object, Path path) {
  const json::value* const found = find_value(object, path);
  if (found == nullptr || !found->is_int64()) return std::nullopt;
  return found->get_int64();
}

json::object& object_at(json::object& object, Path path) {
  json::object* current = &object;
  for (const std::string_view key : path) {
    json::value& member = (*current)[key];
    if (!member.is_object()) member.emplace_object();
    current = &member.get_object();
  }
  return *current;
}

std::string_view name_of(const json::object& object) {
  return text_at(object, {"metadata", "name"});
}

std::string_view namespace_of(const json::object& object) {
  return text_at(object, {"metadata", "namespace"});
}

std::optional<std::uint64_t> parse_number(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return number;
}

}  // namespace meshdrill::lab
