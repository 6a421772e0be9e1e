// The columns in which kubectl shows objects, computed by the server (meta.k8s.io/v1 Table).
#pragma once

#include "lab/api/object_store.hpp"
#include "lab/api/resource_types.hpp"

#include <chrono>
#include <string_view>
#include <vector>

#include <boost/json/object.hpp>

namespace meshdrill::lab {

// How much of each object comes with its row.
enum class RowObject { none, metadata, object };

// A Table of these objects, without metadata of its own.
boost::json::object make_table(const ResourceType& type, const std::vector<ObjectPtr>& objects,
                               RowObject include, std::chrono::system_clock::time_point now);

// apiVersion, kind and metadata alone.
boost::json::object partial_metadata(const Object& object);

// "45s", "3m12s", "5h", "12d": an age as kubectl writes it (apimachinery's HumanDuration).
std::string human_duration(std::chrono::seconds age);

}  // namespace meshdrill::lab
