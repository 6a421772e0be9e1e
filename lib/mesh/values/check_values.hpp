// Checks the Helm values of clusters that are to be one mesh against each other.
#pragma once

#include "mesh/cilium_version.hpp"
#include "mesh/values/cluster_values.hpp"

#include <optional>
#include <string>
#include <vector>

namespace meshdrill::mesh::values {

struct ValuesOptions {
  std::optional<CiliumVersion> version;  // of the chart; nothing: any known one
  std::string subchart;                  // the umbrella chart's key; empty: found
};

struct ValuesReport {
  Diagnostics findings;  // in the order of the arguments, then of the lines
  std::vector<ClusterValues> clusters;
};

// Each argument is one cluster: a file, or several joined by commas, where later ones win as with `helm -f`.
ValuesReport check_values(const std::vector<std::string>& arguments, const ValuesOptions& options);

// The same for values that were read already.
struct ClusterInput {
  std::string files;
  Location whole;
  HelmValue values;
};
ValuesReport check_values(std::vector<ClusterInput> inputs, const ValuesOptions& options);

}  // namespace meshdrill::mesh::values
