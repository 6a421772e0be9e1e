// metadata.managedFields: who set which field of an object, kept for updates and for server-side apply the
// way a Kubernetes API server keeps it.
#pragma once

#include "lab/api/field_set.hpp"
#include "lab/api/object_store.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace meshdrill::lab {

enum class Operation { apply, update };

struct ManagerEntry {
  std::string manager;
  Operation operation = Operation::update;
  std::string api_version;
  std::string subresource;
  std::string time;
  FieldSet fields;
};

// nullopt when an entry is malformed. Sorted as the API server writes them, appliers first.
std::optional<std::vector<ManagerEntry>> read_managed_fields(const Object& object);
void write_managed_fields(Object& object, std::vector<ManagerEntry> entries);

// Whoever makes a write.
struct Writer {
  std::string manager;
  std::string api_version;  // of the object written
  std::string subresource;  // empty: the object itself
  std::chrono::system_clock::time_point now;
};

// Records in `next`, which is about to replace `live` (nullptr for a new object), that the writer set what
// differs. managedFields that the client sent replace the live ones, as in a hand-back of ownership; a single
// empty entry clears them (client-go's csaupgrade and the API server's isResetManagedFields).
// A write through /scale takes what it changes away from everyone and records no new owner, as seen on
// Kubernetes 1.36.
void record_update(const Object* live, Object& next, const Writer& writer);

// The object that results when `config` is applied over `live` (nullptr: it is created), its managedFields
// kept. Without `force`, 409 when another manager set a field to a different value.
StoreResult<Object> apply_fields(const Object* live, const Object& config, const Writer& writer, bool force);

}  // namespace meshdrill::lab
