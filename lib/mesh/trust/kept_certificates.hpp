// Certificates of the last time, known again without reading them. Checking one costs OpenSSL ten times what
// issuing it does; so the file says in its first lines what it was issued for and until when that will do.
// These lines count only in a file that is still byte for byte what meshdrill wrote.
#pragma once

#include "mesh/model.hpp"
#include "mesh/trust/certificate_plan.hpp"

#include <chrono>
#include <filesystem>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace meshdrill::mesh {

// A digest of the CA, the names and all else that a change of asks for other certificates or another file.
std::string issued_for(const Mesh& mesh, const std::vector<PlannedCertificate>& plan,
                       const std::string& authority);

// The comment that the file begins with.
std::string kept_comment(const std::string& issued_for, std::chrono::system_clock::time_point renew_after);

// The content of a cluster's file below `folder`; nothing when it was edited since, was issued for something
// else, or is to be renewed. `digests` is what meshdrill wrote there (tree_digests()).
std::optional<std::string> kept_certificates(const std::filesystem::path& folder, const std::string& path,
                                             const std::map<std::string, std::string>& digests,
                                             const std::string& issued_for,
                                             std::chrono::system_clock::time_point now);

}  // namespace meshdrill::mesh
