// Reads fields out of the API's objects. The API leaves out what is zero or empty, so absent is no error
// here: each reader says what it gives then.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

namespace meshdrill::kube {

// What a JSON pointer ("/spec/replicas") leads to; nullptr when there is no such thing.
const boost::json::value* field(const boost::json::value& object, std::string_view pointer);

// "" when absent or no string.
std::string text_field(const boost::json::value& object, std::string_view pointer);
// `otherwise` when absent or no integer.
std::int64_t integer_field(const boost::json::value& object, std::string_view pointer,
                           std::int64_t otherwise = 0);
// The same, held within an int's range.
int count_field(const boost::json::value& object, std::string_view pointer, int otherwise = 0);
bool boolean_field(const boost::json::value& object, std::string_view pointer, bool otherwise = false);
// The string values of a map such as labels; empty when absent.
std::map<std::string, std::string> labels_field(const boost::json::value& object, std::string_view pointer);
// Empty when absent or no array.
const boost::json::array& array_field(const boost::json::value& object, std::string_view pointer);

// The object at `key` of `parent`, made when absent.
boost::json::object& subobject(boost::json::object& parent, std::string_view key);
boost::json::object labels_object(const std::map<std::string, std::string>& labels);

}  // namespace meshdrill::kube
