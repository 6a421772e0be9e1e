// Reads the certificates of a generated tree back, and says what is wrong with them and what expires when.
#pragma once

#include "base/diagnostic.hpp"

#include <chrono>
#include <filesystem>

namespace meshdrill::mesh {

// A note for each cluster with the certificate that expires first; a warning for each that does so within 30
// days; an error for each that has expired, is unreadable, has another's key or was issued by another CA, and
// for clusters that trust different CAs. Empty for a folder without certificates. Reads
// <folder>/*/secrets/certificates.yaml and nothing else.
Diagnostics certificate_findings(const std::filesystem::path& folder,
                                 std::chrono::system_clock::time_point now);

}  // namespace meshdrill::mesh
