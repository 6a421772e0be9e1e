#include "drill_flags.hpp"

#include "drill/run/engine.hpp"
#include "mesh_access.hpp"

namespace meshdrill::cli {

void add_drill_flags(CLI::App& verb, DrillFlags& flags, bool contacts) {
  verb.add_option("file", flags.file, "The drill file")->required()->type_name("FILE");
  verb.add_option("-f,--mesh", flags.mesh, "The mesh file, instead of the one that the drill names")
      ->type_name("FILE");
  if (!contacts) return;
  add_kubeconfig(verb, flags.kubeconfig);
  verb.add_option("--allow-owner", flags.allowed_owners,
                  "Drill although this kind of owner keeps the replicas, as guards.owners in the drill file")
      ->check(CLI::IsMember({"hpa", "keda", "argocd", "flux", "helm", "unknown"}))
      ->allow_extra_args(false);  // what follows its value is the next argument, not another owner
}

std::optional<LoadedDrill> load_drill(const DrillFlags& flags) {
  auto scenario = drill::read_scenario(flags.file);
  if (!scenario) {
    print(scenario.error());
    return std::nullopt;
  }
  if (!flags.mesh.empty()) scenario->mesh_file = flags.mesh;
  auto mesh = load_mesh_or_explain(scenario->mesh_file.string());
  if (!mesh) return std::nullopt;
  if (const Diagnostics found = drill::check_against_mesh(*scenario, *mesh); !found.empty()) {
    print(found);
    return std::nullopt;
  }
  for (const std::string& owner : flags.allowed_owners)
    *scenario->guards.owners.find(owner) = drill::OwnerPolicy::allow;
  return LoadedDrill{std::move(*scenario), std::move(*mesh)};
}

}  // namespace meshdrill::cli
