// A JSON Schema (draft 2020-12) from what a reader asks for, for editors and CI.
#pragma once

#include "base/key_shape.hpp"

#include <span>
#include <string_view>

#include <boost/json/object.hpp>

namespace meshdrill {

// The schema of a document whose top map is `root`. Unknown keys are errors in it, as they are for the
// reader; what only several keys together say is not in it. The descriptions are Markdown.
boost::json::object json_schema(const KeyShape& root, std::span<const KeyMeaning> meanings,
                                std::string_view title);

}  // namespace meshdrill
