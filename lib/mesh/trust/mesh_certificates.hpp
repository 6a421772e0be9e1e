// Every cluster's certificates from the CA of the mesh: those of the last time as long as they will do, and
// new ones for the rest.
#pragma once

#include "mesh/findings.hpp"
#include "mesh/model.hpp"
#include "mesh/trust/trust_files.hpp"

#include <filesystem>

namespace meshdrill::mesh {

// Fills in `material.certificates` from what stands below `folder` and what `material.authority` issues. The
// CA's key (`files`) may be missing as long as nothing has to be issued.
void load_certificates(const Mesh& mesh, const AuthorityFiles& files, const std::filesystem::path& folder,
                       Now now, TrustMaterial& material, Findings& found);

// The same with nothing of the last time.
Result<> make_certificates(const Mesh& mesh, Now now, TrustMaterial& material);

}  // namespace meshdrill::mesh
