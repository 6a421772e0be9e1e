// Lists whole collections with one page of them in memory at a time.
#pragma once

#include "kube/list.hpp"

#include <functional>

namespace meshdrill::kube {

// What becomes of the objects of a list while it is read.
struct ListTaker {
  std::function<void(const boost::json::value& object)> take;
  std::function<void()> restart;  // forgets what was taken: the list begins anew
};

// All pages, each within `timeout`. Gives the list's resourceVersion, which a watch goes on from. When the
// continue token expires between pages (410), starts again, up to three times.
Task<ApiResult<std::string>> list_each(Client& client, ListRequest request, Duration timeout,
                                       ListTaker taker);

}  // namespace meshdrill::kube
