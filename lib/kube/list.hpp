// Lists whole collections, page by page.
#pragma once

#include "kube/client.hpp"

#include <string>
#include <vector>

#include <boost/json/value.hpp>

namespace meshdrill::kube {

struct ListRequest {
  std::string path;            // of a collection
  std::string label_selector;  // "app=api,tier!=test"; empty: all
  std::string field_selector;  // "metadata.name=api"; empty: all
  int page_size = 500;
};

struct ObjectList {
  std::vector<boost::json::value> items;
  std::string resource_version;  // where a watch goes on from; opaque
};

// All pages. When the continue token expires between pages (410), starts again, up to three times.
Task<ApiResult<ObjectList>> list_all(Client& client, ListRequest request);

}  // namespace meshdrill::kube
