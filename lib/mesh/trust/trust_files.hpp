// Where a mesh's certificates come from: made once, kept from run to run, renewed in time.
#pragma once

#include "mesh/model.hpp"
#include "mesh/trust/trust_material.hpp"

#include <chrono>
#include <filesystem>
#include <map>
#include <string>

namespace meshdrill::mesh {

using Now = std::chrono::system_clock::time_point;

// The CA of a mesh that names none: "mesh.yaml" has "mesh.ca.crt" and "mesh.ca.key" beside it, as it has its
// lock. The key is secret.
struct AuthorityFiles {
  std::filesystem::path certificate;
  std::filesystem::path key;
};
AuthorityFiles authority_files(const Trust& trust, const std::filesystem::path& mesh_file);

// By cluster: its remote_secret as the API gives it, in JSON. Secret.
using PulledSecrets = std::map<std::string, std::string>;

struct LoadedTrust {
  TrustMaterial material;
  bool new_authority = false;  // the CA is not on disk yet; keep_authority() puts it there
  Diagnostics findings;        // no errors
};

// Everything that render() needs besides the mesh. Certificates that stand below `folder` from the last time
// are kept as long as they fit the mesh, were issued by the CA and have a third of their life before them;
// the others are issued anew. With Trust::Mode::inlined, what is in `pulled` is taken rather than the files.
// Writes nothing.
//
// Errors: a CA or peer's certificate that is unreadable, has expired or has no key; a CA whose key is missing
// when there is something to issue.
Checked<LoadedTrust> load_trust(const Mesh& mesh, const std::filesystem::path& mesh_file,
                                const std::filesystem::path& folder, Now now,
                                const PulledSecrets& pulled = {});

// Writes the CA of a mesh, the key first and with mode 0600.
Result<> keep_authority(const AuthorityFiles& files, const KeyPair& authority);

// Certificates out of nothing, for a mesh that lives as long as one run.
Result<TrustMaterial> make_trust(const Mesh& mesh);

}  // namespace meshdrill::mesh
