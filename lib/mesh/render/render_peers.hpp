// Helm values of phase 2: where each cluster's peers are.
#pragma once

#include "mesh/model.hpp"
#include "mesh/trust/trust_material.hpp"

#include <string>
#include <vector>

namespace meshdrill::mesh {

// In a full mesh every cluster's file is the list of all clusters without its own entry. The entries are made
// into text once, so that the cost of a file is that of copying it.
//
// Precondition: connectable(mesh), and `material` has every cluster's peer certificate with inlined trust.
class PeerValues {
 public:
  PeerValues(const Mesh& mesh, const TrustMaterial& material);

  // The YAML for mesh.clusters[index].
  [[nodiscard]] std::string of(std::size_t index) const;

 private:
  struct Entries {
    std::string text;                 // of all, in order, indented
    std::vector<std::size_t> starts;  // of each in it, and its end
  };

  static Entries entries(const Mesh& mesh, const TrustMaterial& material, bool as_map, std::size_t indent);

  std::vector<bool> as_map_;  // by cluster: what its version wants
  std::string head_;          // down to "clusters:"
  std::string empty_;         // the whole, without peers
  Entries map_;
  Entries list_;
};

}  // namespace meshdrill::mesh
