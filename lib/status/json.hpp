// `status -o json`: docs/reference/status.schema.json describes it. Zeros and empty lists are present.
#pragma once

#include "status/checks.hpp"

#include <boost/json/object.hpp>

namespace meshdrill::status {

boost::json::object to_json(const LiveMesh& mesh, const std::vector<Finding>& findings);

}  // namespace meshdrill::status
