// An entry of clustermesh.config.clusters. A mesh of 511 clusters has a quarter of a million of them: a place
// is three numbers here, and no text is kept that no rule reads.
#pragma once

#include "mesh/findings.hpp"
#include "mesh/values/helm_value.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace meshdrill::mesh::values {

struct PeerPlace {
  int file = 0;  // index in PeerList::files
  int line = 0;
  int column = 0;
};

struct Peer {
  struct Text {
    std::string value;
    PeerPlace where;
  };

  std::string name;  // empty: it has none
  PeerPlace where;
  std::vector<Text> ips;
  Text address;         // an empty value: it has none
  int port = 0;         // 0: it is not written, or no number from 1 to 65535
  bool unread = false;  // reported already: it is no map, or what leads to it has a wrong type
  bool enabled = true;
  // Which of tls.cert, .key and .caCert are there; never what they hold.
  bool tls_cert = false, tls_key = false, tls_authority = false;
  PeerPlace port_where, tls_where;  // the latter of the first of the three

  [[nodiscard]] bool has_endpoint() const { return !ips.empty() || !address.value.empty(); }
};

struct PeerList {
  std::vector<Peer> peers;
  std::vector<FileName> files;
  Location where;  // of the value of clustermesh.config.clusters
  bool as_map = false;
  bool nameless = false;  // an entry that is no map, so that nobody knows whom it means

  [[nodiscard]] Location at(const PeerPlace& place) const {
    return {files[static_cast<std::size_t>(place.file)], place.line, place.column};
  }
};

// Reads the value of clustermesh.config.clusters, and reports wrong types and unknown keys of its entries:
// the chart's schema takes anything there. `minor`: as in MeshValues.
PeerList read_peers(const HelmValue& clusters, std::optional<int> minor, Findings& found);

}  // namespace meshdrill::mesh::values
