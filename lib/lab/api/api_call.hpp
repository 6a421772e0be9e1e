// One request for objects on its way through the handlers, one function a verb.
#pragma once

#include "lab/api/api_handler.hpp"
#include "lab/api/api_route.hpp"
#include "lab/api/api_status.hpp"

#include <chrono>
#include <string>
#include <vector>

namespace meshdrill::lab {

struct ApiCall {
  ApiHandler& api;
  const ApiRequest& request;
  const Target& target;
  Route route;
  Form form = Form::plain;
  std::chrono::system_clock::time_point now;

  [[nodiscard]] ObjectStore& store() const { return api.store(); }
  [[nodiscard]] const ResourceType& type() const { return *route.type; }
  [[nodiscard]] WriteMode mode() const;
  // The object that the path names; nullptr when there is none.
  [[nodiscard]] ObjectPtr live() const;
  [[nodiscard]] StoreError missing() const { return not_found(route.type->plural, route.name); }
  // fieldManager of the query, or the client program's name.
  [[nodiscard]] std::string manager() const;
};

ApiResponse get_object(const ApiCall& call);
ApiResponse list_objects(const ApiCall& call);
ApiResponse watch_objects(const ApiCall& call);
ApiResponse create_object(const ApiCall& call);
ApiResponse update_object(const ApiCall& call);
ApiResponse patch_object(const ApiCall& call);
ApiResponse delete_object(const ApiCall& call);
ApiResponse delete_collection(const ApiCall& call);
ApiResponse handle_scale(const ApiCall& call);
ApiResponse review_access(const ApiCall& call);

// An object as clients of this resource see it, with apiVersion and kind.
Object served(const ResourceType& type, const Object& stored);
// The other way.
Object stored(const ResourceType& type, Object served);

// One object in the form that was asked for.
ApiResponse object_response(const ApiCall& call, const ObjectPtr& object, int status = 200);

// What the selectors of the query let through. 400 for a selector that is none.
StoreResult<std::function<bool(const Object&)>> selection(const ApiCall& call);

// Stores `next` in the place of `live` after defaults, checks and the bookkeeping of managedFields.
StoreResult<ObjectPtr> finish_update(const ApiCall& call, const ObjectPtr& live, Object next);

// The same checks and defaults for a server-side apply, which keeps managedFields itself.
StoreResult<ObjectPtr> finish_apply(ApiHandler& api, const ResourceType& type, const ObjectPtr& live,
                                    const Object& config, const struct Writer& writer, bool force,
                                    WriteMode mode);

// What patching `object` as the request says gives; for all kinds of patch but apply.
StoreResult<Object> patched(const ApiCall& call, const Object& object);

}  // namespace meshdrill::lab
