#pragma once

#include "mesh/allocate/file_numbers.hpp"
#include "mesh/allocate/lock.hpp"
#include "mesh/findings.hpp"

#include <string>
#include <vector>

namespace meshdrill::mesh {

// The part of apply_lock() that is about the clusters that left. One that comes back gets what it had; what
// the file gives to others explicitly is let go of, with a warning. `removed` is left with those that are
// still away. `lock_file` names the lock in the messages.
void restore_removed(Mesh& mesh, const std::string& lock_file, const FileNumbers& file,
                     std::vector<LockEntry>& removed, Findings& findings);

}  // namespace meshdrill::mesh
