#pragma once

#include <map>
#include <string>

namespace meshdrill::lab {

// What a Pod's server has to serve: content by absolute path.
using PodFiles = std::map<std::string, std::string>;

}  // namespace meshdrill::lab
