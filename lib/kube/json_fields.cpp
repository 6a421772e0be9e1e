#include "kube/json_fields.hpp"

#include <algorithm>
#include <limits>

namespace meshdrill::kube {

namespace json = boost::json;

const json::value* field(const json::value& object, std::string_view pointer) {
  boost::system::error_code error;
  return object.find_pointer(pointer, error);
}

std::string text_field(const json::value& object, std::string_view pointer) {
  const json::value* found = field(object, pointer);
  if (found == nullptr || !found->is_string()) return {};
  return std::string(found->get_string());
}

std::int64_t integer_field(const json::value& object, std::string_view pointer, std::int64_t otherwise) {
  const json::value* found = field(object, pointer);
  if (found == nullptr) return otherwise;
  boost::system::error_code error;
  const auto number = found->to_number<std::int64_t>(error);
  return error ? otherwise : number;
}

int count_field(const json::value& object, std::string_view pointer, int otherwise) {
  const std::int64_t number = integer_field(object, pointer, otherwise);
  return static_cast<int>(
      std::clamp<std::int64_t>(number, std::numeric_limits<int>::min(), std::numeric_limits<int>::max()));
}

bool boolean_field(const json::value& object, std::string_view pointer, bool otherwise) {
  const json::value* found = field(object, pointer);
  return found != nullptr && found->is_bool() ? found->get_bool() : otherwise;
}

std::map<std::string, std::string> labels_field(const json::value& object, std::string_view pointer) {
  std::map<std::string, std::string> labels;
  const json::value* found = field(object, pointer);
  if (found == nullptr || !found->is_object()) return labels;
  for (const auto& [key, value] : found->get_object()) {
    if (value.is_string()) labels.emplace(key, value.get_string());
  }
  return labels;
}

const json::array& array_field(const json::value& object, std::string_view pointer) {
  static const json::array none;
  const json::value* found = field(object, pointer);
  return found != nullptr && found->is_array() ? found->get_array() : none;
}

json::object& subobject(json::object& parent, std::string_view key) {
  json::value& child = parent[key];
  return child.is_object() ? child.get_object() : child.emplace_object();
}

json::object labels_object(const std::map<std::string, std::string>& labels) {
  json::object object;
  for (const auto& [key, value] : labels) object[key] = value;
  return object;
}

}  // namespace meshdrill::kube
