// Reading and writing members of nested JSON objects by path.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

namespace meshdrill::lab {

using Path = std::initializer_list<std::string_view>;

// nullptr when a member on the way is absent or is no object.
const boost::json::value* find_value(const boost::json::object& object, Path path);
const boost::json::object* find_object(const boost::json::object& object, Path path);
const boost::json::array* find_array(const boost::json::object& object, Path path);

// Empty when absent or no string.
std::string_view text_at(const boost::json::object& object, Path path);
std::optional<std::int64_t> integer_at(const boost::json::object& object, Path path);

// The object at `path`, made where it is absent or is no object.
boost::json::object& object_at(boost::json::object& object, Path path);

// metadata.name and metadata.namespace.
std::string_view name_of(const boost::json::object& object);
std::string_view namespace_of(const boost::json::object& object);

// `text` as a whole as a decimal number without sign; nullopt otherwise.
std::optional<std::uint64_t> parse_number(std::string_view text);

// boost::json's strings as the standard's.
std::string_view view(const boost::json::string& text);

}  // namespace meshdrill::lab
