#pragma once

#include "lab/api/object_store.hpp"

#include <map>
#include <string>

#include <tl/expected.hpp>

namespace meshdrill::lab {

// The files that a Pod's containers have from ConfigMaps, by absolute path: as of now, as a volume with a
// subPath never changes. The error is what the kubelet says while it waits for a ConfigMap or a key.
using PodFiles = std::map<std::string, std::string>;
tl::expected<PodFiles, std::string> mount_files(const ObjectStore& store, const Object& pod);

}  // namespace meshdrill::lab
