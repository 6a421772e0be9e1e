#pragma once

#include "lab/api/object_store.hpp"
#include "lab/net/pod_files.hpp"

#include <string>

#include <tl/expected.hpp>

namespace meshdrill::lab {

// The files that a Pod's containers have from ConfigMaps: as of now, as a volume with a
// subPath never changes. The error is what the kubelet says while it waits for a ConfigMap or a key.
tl::expected<PodFiles, std::string> mount_files(const ObjectStore& store, const Object& pod);

}  // namespace meshdrill::lab
