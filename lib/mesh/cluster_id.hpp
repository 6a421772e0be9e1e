// Which IDs a cluster may have.
#pragma once

#include "mesh/model.hpp"

namespace meshdrill::mesh {

// With ENI, AlibabaCloud and aws-cni chaining the IDs 128 to 255 and 384 to 511 set a bit of the packet mark
// that these use as well (cilium/cilium#21330), and the chart refuses them unless told otherwise.
bool has_limited_ids(const Datapath& datapath);

// Whether `id` is one of those.
bool marks_clash(const Datapath& datapath, int id);

}  // namespace meshdrill::mesh
