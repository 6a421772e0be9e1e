// How the Pods of a cluster serve, where they are to serve badly.
#pragma once

#include <memory>

namespace meshdrill::lab {

// One for all Pods of a cluster; read at each request.
struct PodBehaviour {
  int capacity = 0;  // requests a second that a Pod answers, the others get a 503; 0: all
};

}  // namespace meshdrill::lab
