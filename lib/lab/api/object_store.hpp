// One cluster's objects as its API server keeps them: versioned, listed by resource and namespace, and
// watched. The API server, the controllers and the data plane of a lab cluster all read and write here, on
// the lab's one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json/object.hpp>
#include <tl/expected.hpp>

namespace meshdrill::lab {

using Object = boost::json::object;
using ObjectPtr = std::shared_ptr<const Object>;  // never changed once stored: a write stores a new one

// Why a write was refused, in the terms of a Kubernetes Status (code, reason, message).
struct StoreError {
  int code = 500;
  std::string reason;
  std::string message;
  boost::json::object details{};  // the Status' details beside name and kind: causes, retryAfterSeconds
};

template <class T>
using StoreResult = tl::expected<T, StoreError>;

struct Change {
  enum class Type { added, modified, deleted };
  Type type = Type::added;
  std::string resource;       // the plural name: "deployments"
  ObjectPtr object;           // as stored; for a deletion, its last state with the deletion's resourceVersion
  ObjectPtr previous;         // null for added
  std::uint64_t version = 0;  // the resourceVersion of the write
};

// A dry run checks and returns what a write would, and stores nothing.
enum class WriteMode { commit, dry_run };

class ObjectStore {
 public:
  using Listener = std::function<void(const Change&)>;
  // Unsubscribes when destroyed. Must not outlive the store.
  using Subscription = std::shared_ptr<void>;

  // Keeps the last `history` changes for watches that start from an older version.
  explicit ObjectStore(std::size_t history = 4096);
  ~ObjectStore();
  ObjectStore(const ObjectStore&) = delete;
  ObjectStore& operator=(const ObjectStore&) = delete;

  // nullptr when there is no such object. `ns` is empty for cluster-scoped resources.
  [[nodiscard]] ObjectPtr get(std::string_view resource, std::string_view ns, std::string_view name) const;
  // Ordered by namespace and name. An empty `ns` means all namespaces.
  [[nodiscard]] std::vector<ObjectPtr> list(std::string_view resource, std::string_view ns = {}) const;
  // The version of the newest write; a list is consistent as of it.
  [[nodiscard]] std::uint64_t resource_version() const;

  // Every change after `version`, oldest first; nullopt when some of them are no longer kept (410 Gone).
  [[nodiscard]] std::optional<std::vector<Change>> changes_since(std::uint64_t version) const;

  // Stores a new object and fills in uid, creationTimestamp, resourceVersion, generation, and a name where
  // only metadata.generateName is set. 409 AlreadyExists.
  StoreResult<ObjectPtr> create(std::string_view resource, Object object, WriteMode mode = WriteMode::commit);
  // Replaces an object. metadata.resourceVersion and metadata.uid, when present in `object`, must be the
  // stored ones (409 Conflict); both are kept from the stored object otherwise. generation rises when spec
  // changed. A write that changes nothing stores nothing and is no Change. 404 NotFound.
  StoreResult<ObjectPtr> update(std::string_view resource, Object object, WriteMode mode = WriteMode::commit);
  // Reads, lets `mutate` change a copy, and stores it: what controllers use, as nothing can come between.
  StoreResult<ObjectPtr> modify(std::string_view resource, std::string_view ns, std::string_view name,
                                const std::function<void(Object&)>& mutate);
  // Removes an object, then every object whose owners (metadata.ownerReferences) are all gone with it.
  // Returns its last state. 404 NotFound.
  StoreResult<ObjectPtr> remove(std::string_view resource, std::string_view ns, std::string_view name);

  // `listener` is called after each change, from within the write, in the order of versions. It may write to
  // the store; changes made that way are delivered after the one in hand.
  [[nodiscard]] Subscription subscribe(Listener listener);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace meshdrill::lab
