#include "lab/api/api_status.hpp"
#include "lab/api/json_access.hpp"
#include "lab/api/patch.hpp"

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <boost/json/array.hpp>
#include <fmt/format.h>

namespace meshdrill::lab {

namespace json = boost::json;

namespace {

// An operation that does not fit the object, in the words of the API server.
StoreError does_not_fit(const std::string& why) {
  return {.code = 422,
          .reason = "Invalid",
          .message = "the server rejected our request due to an error in our request",
          .details = {{"causes",
                       json::array{json::object{{"reason", "UnexpectedServerResponse"}, {"message", why}}}}}};
}

using Pointer = std::vector<std::string>;

// RFC 6901; nullopt when it is none.
std::optional<Pointer> parse_pointer(std::string_view text) {
  Pointer pointer;
  if (text.empty()) return pointer;
  if (text.front() != '/') return std::nullopt;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '/') {
      pointer.emplace_back();
    } else if (text[i] == '~') {
      ++i;
      if (i == text.size() || (text[i] != '0' && text[i] != '1')) return std::nullopt;
      pointer.back() += text[i] == '0' ? '~' : '/';
    } else {
      pointer.back() += text[i];
    }
  }
  return pointer;
}

std::optional<std::size_t> index_in(const json::array& list, std::string_view token) {
  const auto index = parse_number(token);
  if (!index || *index >= list.size() || (token.size() > 1 && token.front() == '0')) return std::nullopt;
  return static_cast<std::size_t>(*index);
}

// The member that one step of a pointer leads to; nullptr when there is none.
json::value* step(json::value& value, const std::string& token) {
  if (json::object* const object = value.if_object()) return object->if_contains(token);
  if (json::array* const list = value.if_array()) {
    if (const auto index = index_in(*list, token)) return &(*list)[*index];
  }
  return nullptr;
}

json::value* walk(json::value& root, const Pointer& pointer, std::size_t steps) {
  json::value* current = &root;
  for (std::size_t i = 0; i < steps && current != nullptr; ++i) current = step(*current, pointer[i]);
  return current;
}

json::value* walk(json::value& root, const Pointer& pointer) {
  return walk(root, pointer, pointer.size());
}

bool add(json::value& root, const Pointer& pointer, json::value value) {
  if (pointer.empty()) {
    root = std::move(value);
    return true;
  }
  json::value* const parent = walk(root, pointer, pointer.size() - 1);
  if (parent == nullptr) return false;
  if (json::object* const object = parent->if_object()) {
    (*object)[pointer.back()] = std::move(value);
    return true;
  }
  json::array* const list = parent->if_array();
  if (list == nullptr) return false;
  const auto index =
      pointer.back() == "-" ? std::optional<std::uint64_t>(list->size()) : parse_number(pointer.back());
  if (!index || *index > list->size()) return false;
  list->insert(list->begin() + *index, std::move(value));
  return true;
}

bool remove(json::value& root, const Pointer& pointer) {
  if (pointer.empty() || walk(root, pointer) == nullptr) return false;
  json::value* const parent = walk(root, pointer, pointer.size() - 1);
  if (json::object* const object = parent->if_object()) {
    object->erase(pointer.back());
  } else {
    json::array& list = parent->get_array();
    list.erase(list.begin() + static_cast<std::ptrdiff_t>(*index_in(list, pointer.back())));
  }
  return true;
}

struct Operation {
  std::string_view op;
  std::string_view path_text;
  Pointer path;
  Pointer from;
  const json::value* value = nullptr;
};

std::optional<Operation> read_operation(const json::value& entry) {
  const json::object* const object = entry.if_object();
  if (object == nullptr) return std::nullopt;
  Operation operation;
  operation.op = text_at(*object, {"op"});
  operation.path_text = text_at(*object, {"path"});
  operation.value = object->if_contains("value");
  auto path = parse_pointer(operation.path_text);
  auto from = parse_pointer(text_at(*object, {"from"}));
  if (!object->contains("path") || !path || !from) return std::nullopt;
  operation.path = std::move(*path);
  operation.from = std::move(*from);
  const bool needs_value = operation.op == "add" || operation.op == "replace" || operation.op == "test";
  const bool needs_from = operation.op == "move" || operation.op == "copy";
  if (!needs_value && !needs_from && operation.op != "remove") return std::nullopt;
  if (needs_from && !object->contains("from")) return std::nullopt;
  // The API server's library takes an absent value for null.
  static const json::value null;
  if (needs_value && operation.value == nullptr) operation.value = &null;
  return operation;
}

bool perform(json::value& root, const Operation& operation) {
  if (operation.op == "add") return add(root, operation.path, *operation.value);
  if (operation.op == "remove") return remove(root, operation.path);
  json::value* const at = walk(root, operation.path);
  if (operation.op == "replace") {
    if (at != nullptr) *at = *operation.value;
    return at != nullptr;
  }
  if (operation.op == "test") return at == nullptr ? operation.value->is_null() : *at == *operation.value;
  const json::value* const source = walk(root, operation.from);
  if (source == nullptr) return false;
  json::value copy = *source;
  if (operation.op == "move" && !remove(root, operation.from)) return false;
  return add(root, operation.path, std::move(copy));
}

}  // namespace

StoreResult<Object> apply_json_patch(const Object& live, const json::value& patch) {
  const json::array* const entries = patch.if_array();
  if (entries == nullptr) {
    return tl::unexpected(bad_request("error decoding patch: a JSON patch is a list of operations"));
  }
  json::value root = live;
  for (const json::value& entry : *entries) {
    const auto operation = read_operation(entry);
    if (!operation) return tl::unexpected(bad_request("error decoding patch: not an operation of RFC 6902"));
    if (!perform(root, *operation)) {
      return tl::unexpected(does_not_fit(
          operation->op == "test" ? fmt::format("testing path {} failed", operation->path_text)
                                  : fmt::format("{} operation does not apply: doc is missing path: {}",
                                                operation->op, operation->path_text)));
    }
  }
  if (!root.is_object()) return tl::unexpected(does_not_fit("the patched value is no object"));
  return std::move(root.get_object());
}

}  // namespace meshdrill::lab
