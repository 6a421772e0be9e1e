#include "traps.hpp"

#include "mesh/rule_sources.hpp"

#include <algorithm>
#include <iterator>
#include <set>

#include <fmt/format.h>

namespace meshdrill::mesh {
namespace {

std::string cluster(const std::string& name, const std::string& apiserver, const std::string& keys) {
  return fmt::format("  - {{name: {}, apiserver: {{{}}}{}{}}}\n", name, apiserver, keys.empty() ? "" : ", ",
                     keys);
}

std::string text_of(const TrapMesh& mesh) {
  return "apiVersion: meshdrill/v1\nkind: Mesh\nmetadata: {name: m}\n" +
         fmt::format("cilium: {{{}}}\naddressing: {{{}}}\nclusters:\n", mesh.cilium, mesh.addressing) +
         cluster(mesh.a_name, mesh.a_apiserver, mesh.a) + cluster("b", mesh.b_apiserver, mesh.b) + mesh.more +
         mesh.rest;
}

Lock lock_of(const Trap& trap) {
  if (!trap.before) return {};
  Lock lock = load_text(text_of(*trap.before)).lock;
  lock.file = "mesh.lock.yaml";
  return lock;
}

Diagnostics findings_of(const TrapMesh& mesh, const Lock& lock) {
  Checked<Allocation> loaded = load_mesh_text(text_of(mesh), "mesh.yaml", lock);
  return loaded ? std::move(loaded->findings) : std::move(loaded.error());
}

void spring(const Trap& trap) {
  CAPTURE(trap.name);
  const Lock lock = lock_of(trap);
  CHECK_MESSAGE(findings_of(trap.good, lock).empty(), to_string(findings_of(trap.good, lock)));

  const Diagnostics found = findings_of(trap.bad, lock);
  const std::string said = to_string(found);
  CAPTURE(said);
  CHECK(has_errors(found) == (trap.severity == Severity::error));
  const auto told = std::find_if(found.begin(), found.end(), [&](const Diagnostic& finding) {
    return finding.severity == trap.severity && finding.what.find(trap.message) != std::string::npos;
  });
  REQUIRE(told != found.end());
  CHECK_MESSAGE(is_rule(told->rule), told->rule);
  CHECK(told->where.file == "mesh.yaml");
  CHECK(told->where.line > 0);
  CHECK(told->where.column > 0);
}

}  // namespace

TEST_CASE("every trap is told and its good twin is not") {
  std::set<std::string> names;
  for (const auto& traps : {identity_traps(), address_traps(), datapath_traps(), service_traps()}) {
    for (const Trap& trap : traps) {
      CHECK_MESSAGE(names.insert(trap.name).second, trap.name);
      spring(trap);
    }
  }
  CHECK(names.size() > 70);
}

}  // namespace meshdrill::mesh
