// A set of field paths of an object, as managedFields records them: "f:NAME" for a member, `k:{"name":"x"}`
// for an item of a keyed list, `v:"x"` for a value of a set.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <boost/json/object.hpp>

namespace meshdrill::lab {

class FieldSet {
 public:
  // Every field that `object` sets, without those that no manager owns (identity and what the server fills).
  static FieldSet of(const boost::json::object& object);
  // From and to the JSON of a fieldsV1. Members that are no field paths are skipped.
  static FieldSet from_json(const boost::json::object& fields);
  [[nodiscard]] boost::json::object to_json() const;

  [[nodiscard]] bool empty() const { return !member && children.empty(); }
  [[nodiscard]] FieldSet unite(const FieldSet& other) const;
  [[nodiscard]] FieldSet intersect(const FieldSet& other) const;
  [[nodiscard]] FieldSet subtract(const FieldSet& other) const;
  // Without the path and everything below it.
  void drop(std::initializer_list<std::string_view> path);

  // Each member as people read it: `.spec.template.spec.containers[name="web"].image`.
  [[nodiscard]] std::vector<std::string> paths() const;

  bool operator==(const FieldSet&) const = default;

  bool member = false;  // whether the path up to here is itself in the set
  std::map<std::string, FieldSet, std::less<>> children;
};

// Fields that differ from one object to the next.
struct FieldChanges {
  FieldSet modified;  // includes those that were added
  FieldSet removed;
};
FieldChanges compare_fields(const boost::json::object& before, const boost::json::object& after);

// `k:{"containerPort":80,"protocol":"TCP"}` for an item of a keyed list; empty when it lacks a key.
std::string item_key(std::string_view parent, std::string_view field, const boost::json::value& item);

}  // namespace meshdrill::lab
