#include "mesh/load.hpp"

#include "mesh/check/check.hpp"
#include "mesh/read/read_mesh.hpp"

namespace meshdrill::mesh {
namespace {

void append(Diagnostics& to, Diagnostics more) {
  to.insert(to.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

Checked<Allocation> check_and_allocate(const Mesh& mesh, const Lock& lock, Renumber renumber) {
  Diagnostics findings = check_parts(mesh);
  if (has_errors(findings)) {
    // What stands in the file about networks can be judged without numbers; all faults at once save a round.
    append(findings, check_networks(mesh));
    return tl::unexpected(std::move(findings));
  }
  Checked<Allocation> allocation = allocate(mesh, lock, renumber);
  if (!allocation) {
    append(findings, std::move(allocation.error()));
    append(findings, check_networks(mesh));
    return tl::unexpected(std::move(findings));
  }
  append(findings, std::move(allocation->findings));
  append(findings, check_networks(allocation->mesh));
  if (has_errors(findings)) return tl::unexpected(std::move(findings));
  allocation->findings = std::move(findings);
  return allocation;
}

}  // namespace

Checked<Allocation> load_mesh(const std::filesystem::path& mesh_file, Renumber renumber) {
  const Checked<Node> document = read_document(mesh_file.string(), mesh_file_limits);
  if (!document) return tl::unexpected(document.error());
  const Checked<Mesh> mesh = read_mesh(*document);
  if (!mesh) return tl::unexpected(mesh.error());
  const Checked<Lock> lock = read_lock(lock_path(mesh_file));
  if (!lock) return tl::unexpected(lock.error());
  return check_and_allocate(*mesh, *lock, renumber);
}

Checked<Allocation> load_mesh_text(std::string_view text, const std::string& file, const Lock& lock,
                                   Renumber renumber) {
  const Checked<Mesh> mesh = read_mesh_text(text, file);
  if (!mesh) return tl::unexpected(mesh.error());
  return check_and_allocate(*mesh, lock, renumber);
}

}  // namespace meshdrill::mesh
