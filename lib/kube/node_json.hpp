#pragma once

#include "base/document.hpp"

#include <boost/json/value.hpp>

namespace meshdrill::kube {

// A document as the JSON that kubectl would make of it: plain scalars are what YAML 1.1 takes them for.
boost::json::value to_json(const Node& node);

}  // namespace meshdrill::kube
