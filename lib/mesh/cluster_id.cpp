#include "mesh/cluster_id.hpp"

namespace meshdrill::mesh {

bool has_limited_ids(const Datapath& datapath) {
  const bool marked = datapath.ipam == Ipam::eni || datapath.ipam == Ipam::alibabacloud ||
                      datapath.chaining_mode == "aws-cni";
  return marked && !datapath.unsafe_skb;
}

bool marks_clash(const Datapath& datapath, int id) {
  return has_limited_ids(datapath) && (id & 0x80) != 0;
}

}  // namespace meshdrill::mesh
