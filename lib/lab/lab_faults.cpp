// The faults of a lab: which clusters one is for, and which are in effect.
#include "lab/lab_state.hpp"

#include <fmt/format.h>

namespace meshdrill::lab {

Result<std::vector<EmbeddedCluster*>> Lab::State::clusters_named(const std::string& name) {
  std::vector<EmbeddedCluster*> found;
  std::vector<std::string> names;
  for (const auto& cluster : clusters) {
    names.push_back(cluster->facts().name);
    if (name.empty() || names.back() == name) found.push_back(cluster.get());
  }
  if (found.empty())
    return fail(fmt::format("no cluster \"{}\"; there are: {}", name, fmt::join(names, ", ")));
  return found;
}

Result<> Lab::State::set_fault(const Fault& fault) {
  const auto targets = clusters_named(fault.cluster);
  if (!targets) return tl::unexpected(targets.error());
  for (EmbeddedCluster* cluster : *targets) {
    if (fault.kind == FaultKind::missing_record) {
      dns->zone().leave_out(cluster->facts().name, true);
    } else if (auto set = cluster->set_fault(fault); !set) {
      return set;
    }
    Fault& entry = faults[{cluster->facts().name, fault.kind}] = fault;
    entry.cluster = cluster->facts().name;
  }
  return {};
}

Result<> Lab::State::clear_fault(FaultKind kind, const std::string& name) {
  const auto targets = clusters_named(name);
  if (!targets) return tl::unexpected(targets.error());
  for (EmbeddedCluster* cluster : *targets) {
    if (kind == FaultKind::missing_record) {
      dns->zone().leave_out(cluster->facts().name, false);
    } else if (auto cleared = cluster->clear_fault(kind); !cleared) {
      return cleared;
    }
    faults.erase({cluster->facts().name, kind});
  }
  return {};
}

std::vector<Fault> Lab::State::active_faults() const {
  std::vector<Fault> active;
  for (const auto& cluster : clusters) {
    for (const FaultInfo& info : fault_table()) {
      const auto found = faults.find({cluster->facts().name, info.kind});
      if (found == faults.end() || !cluster->fault_holds(info.kind)) continue;
      active.push_back(found->second);
    }
  }
  return active;
}

}  // namespace meshdrill::lab
