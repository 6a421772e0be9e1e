#pragma once

#include "drill_flags.hpp"
#include "kube/kubeconfig.hpp"

#include <string>

namespace meshdrill::cli {

// Prints what each run of the drill would do, as text or JSON; returns the exit code: refused when the
// preflight would refuse one.
int print_plans(const LoadedDrill& loaded, const kube::Kubeconfig& kubeconfig, const std::string& output);

}  // namespace meshdrill::cli
