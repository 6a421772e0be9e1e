// The columns of each kind, as Kubernetes' own printers have them.
#pragma once

#include "lab/api/object_store.hpp"
#include "lab/api/resource_types.hpp"

#include <functional>
#include <string_view>
#include <vector>

#include <boost/json/value.hpp>

namespace meshdrill::lab {

struct Column {
  std::string_view name;
  std::function<boost::json::value(const Object&)> cell;  // unset for Name and Age, which every kind has
  bool number = false;
  bool wide = false;  // only with -o wide
};

using Columns = std::vector<Column>;

Columns columns_of(const ResourceType& type);

}  // namespace meshdrill::lab
