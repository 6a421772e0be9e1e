// What a drill changes in a cluster, so that it can be undone: which object, what stood there, what we write.
// The engine, the record in the cluster, the restore, `recover`, `plan` and the runbook all speak of the same
// values.
#pragma once

#include "base/result.hpp"
#include "drill/scenario/scenario.hpp"
#include "kube/resource.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

namespace meshdrill::drill {

enum class ObjectKind : std::uint8_t { deployment, stateful_set, daemon_set, service };

// "Deployment", as manifests write it; "deployment", as kubectl and messages do.
std::string_view to_string(ObjectKind kind);
std::string_view lower_name(ObjectKind kind);
// Throws where there is no such kind.
ObjectKind object_kind_from_string(std::string_view name);
kube::ResourceType resource_type(ObjectKind kind);

enum class ChangeKind : std::uint8_t {
  replicas,  // spec.replicas of a workload
  field,     // one text in an object: an annotation, a node selector
  pods,      // Pods of a workload are deleted; its controller puts them back, not we
};

// As journals and records write it.
std::string_view to_string(ChangeKind kind);
// Throws where there is no such kind.
ChangeKind change_kind_from_string(std::string_view name);

struct CountRange {
  int least = 0;
  int most = 0;

  [[nodiscard]] bool contains(int count) const { return count >= least && count <= most; }
  bool operator==(const CountRange&) const = default;
};

struct PodName {
  std::string name;
  std::string uid;

  bool operator==(const PodName&) const = default;
};

struct Change {
  ChangeKind kind = ChangeKind::replicas;
  ObjectKind object_kind = ObjectKind::deployment;
  ObjectName object;
  std::string uid;

  // Of a workload: before the drill, and while it lasts. `pods` leaves them as they are.
  int replicas = 0;
  int to_replicas = 0;
  // An autoscaler owns the count and may set another one of these after the restore.
  std::optional<CountRange> accepted;

  // Where the text is: names from the object down. Without a value it is not there.
  std::vector<std::string> path;
  std::optional<std::string> value;
  std::string to_value;

  // Of replicas and field: the entries of metadata.managedFields that owned it, with that field alone in
  // them, for the hand-back.
  boost::json::array owners;

  std::vector<PodName> pods;  // that are deleted

  bool operator==(const Change&) const = default;
};

// A workload of kind Deployment that goes from `replicas` to 0.
Change scale_to_zero(ObjectName object, std::string uid, int replicas);

// The field that is written, as a path like Change::path.
std::vector<std::string> field_path(const Change& change);
// Whether that field is an annotation of the object.
bool is_annotation(const Change& change);
// What Change::owners holds, from the object's metadata.managedFields.
boost::json::array owners_of(const boost::json::array& managed_fields, const std::vector<std::string>& path);

// "deployment default/api".
std::string name_of(const Change& change);
// What the fault does, and what the restore does: "deployment default/api to 0 replicas".
std::string describe_fault(const Change& change);
std::string describe_restore(const Change& change);

kube::ObjectRef reference(const Change& change);

// change_codec.cpp

boost::json::object encode(const Change& change);
// Also reads the entries of earlier versions, which knew Deployments that are scaled to `default_to` alone.
// Throws where a member is missing or of another type.
Change decode_change(const boost::json::object& fields, int default_to = 0);

// change_commands.cpp

// What a person types to undo it when all else failed: "kubectl --context … -n … scale deployment/…
// --replicas=N".
std::string restore_command(const std::string& context, const Change& change);
// What a person types to do it.
std::string fault_command(const std::string& context, const Change& change);
// `problem`, then the command for each change on a line of its own.
std::string with_commands(const std::string& problem, const std::string& context,
                          const std::vector<Change>& changes);

}  // namespace meshdrill::drill
