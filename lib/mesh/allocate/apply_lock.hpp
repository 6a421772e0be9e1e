// Gives the clusters of a mesh the numbers that its lock remembers, and watches over what would change them.
#pragma once

#include "mesh/allocate/lock.hpp"
#include "mesh/model.hpp"

#include <vector>

namespace meshdrill::mesh {

// What to do with a mesh file that contradicts the lock about a cluster that is still there.
enum class Renumber {
  refuse,  // an error that says what it would cost
  allow,   // the file wins, and a warning says what it costs
};

struct Remembered {
  std::vector<LockEntry> removed;  // of clusters that left, for the next lock
  Diagnostics findings;
};

// Fills in what the file left open from the lock. The lock's numbers give way only to what the file says
// explicitly: silently when the file agrees, else as `renumber` says. A cluster that comes back gets what it
// had as far as nobody else has it now.
Remembered apply_lock(Mesh& mesh, const Lock& lock, Renumber renumber);

}  // namespace meshdrill::mesh
