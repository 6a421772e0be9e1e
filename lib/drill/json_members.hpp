// Reads the JSON objects of journals and records.
#pragma once

#include <string>
#include <string_view>

#include <boost/json/object.hpp>

namespace meshdrill::drill {

// Throws where there is no such member, or where it is of another type.
inline std::string text(const boost::json::object& fields, std::string_view key) {
  return std::string{fields.at(key).as_string()};
}

}  // namespace meshdrill::drill
