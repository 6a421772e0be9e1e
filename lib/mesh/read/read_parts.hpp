// The sections of a mesh file, for read_mesh().
#pragma once

#include "base/document_reader.hpp"
#include "mesh/model.hpp"

namespace meshdrill::mesh {

// `cilium` at the top. What it says of the agents goes to `datapath`.
Cilium read_cilium(MapReader& map, Datapath& datapath);

// `cilium` of a cluster: what it has of its own instead of the mesh's.
void read_own_cilium(MapReader& map, Cluster& cluster);

// `routing`, at the top or on top of that in a cluster.
void read_routing(MapReader& map, Datapath& datapath);

// An item of `clusters`; `cilium` and `datapath` are what the mesh's sections say.
Cluster read_cluster(MapReader& map, const Cilium& cilium, const Datapath& datapath);

GlobalService read_service(MapReader& map);
Ingress read_ingress(MapReader& map);
Dns read_dns(MapReader& map);
Trust read_trust(MapReader& map);

}  // namespace meshdrill::mesh
