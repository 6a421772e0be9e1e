// Gives every cluster the numbers that its mesh file left open.
#pragma once

#include "mesh/allocate/apply_lock.hpp"
#include "mesh/allocate/lock.hpp"
#include "mesh/model.hpp"

namespace meshdrill::mesh {

// Of clustermesh-apiserver behind a load balancer, where the file names no other.
inline constexpr int etcd_port = 2379;

struct Allocation {
  Mesh mesh;             // every cluster with ID, Pod CIDRs of each family, and port
  Lock lock;             // what to keep for the next time
  Diagnostics findings;  // warnings and notes
};

// What the file says wins, then what the lock remembers, then the lowest that is free: IDs from 1, Pod CIDRs
// from the pools clear of every network in the file, NodePorts from 32379. Numbers of removed clusters are
// left alone, and come back to a cluster of that name. An error is: a pool that is exhausted, a family
// without a pool, and, unless `renumber` allows it, a file that contradicts the lock about a cluster that is
// still there.
Checked<Allocation> allocate(Mesh mesh, const Lock& lock, Renumber renumber = Renumber::refuse);

}  // namespace meshdrill::mesh
