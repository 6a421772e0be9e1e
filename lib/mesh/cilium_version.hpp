// What differs between the Cilium minors that we write values for. The source of each column is the chart's
// values.yaml, values.schema.json and upgrade notes of that minor.
#pragma once

#include "base/result.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace meshdrill::mesh {

struct CiliumMinor {
  int minor = 0;         // of 1.x
  bool clusters_as_map;  // clustermesh.config.clusters: schema of 1.16-1.18 wants a list, later prefer a map
  bool sans_under_auto;  // server names: clustermesh.apiserver.tls.auto.server instead of .tls.server
  bool node_port_loops;  // equal NodePorts may lead back to the own apiserver (cilium/cilium#24692)
  bool shared_target_port_loses_backends;  // cilium/cilium#45109
};

struct CiliumVersion {
  int major = 0;
  int minor = 0;
  int patch = 0;
  std::string pre_release;  // "rc.1"; may be empty
};

// Reads "1.18.0" or "1.19.0-rc.1".
Result<CiliumVersion> parse_version(std::string_view text);

// The row for a version; that of the newest known minor for a newer one; nullptr for one too old.
const CiliumMinor* find_minor(const CiliumVersion& version);

// The same for a version that is known to be good (check_parts()).
const CiliumMinor& minor_of(std::string_view version);

inline constexpr int oldest_minor = 16;
inline constexpr int newest_minor = 20;

}  // namespace meshdrill::mesh
