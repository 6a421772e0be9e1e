#include "lab/api/patch.hpp"

namespace meshdrill::lab {

namespace json = boost::json;

namespace {

void merge(json::object& live, const json::object& patch) {
  for (const json::key_value_pair& member : patch) {
    if (member.value().is_null()) {
      live.erase(member.key());
    } else if (const json::object* const inner = member.value().if_object()) {
      json::value& target = live[member.key()];
      if (!target.is_object()) target.emplace_object();
      merge(target.get_object(), *inner);
    } else {
      live[member.key()] = member.value();
    }
  }
}

}  // namespace

Object apply_merge_patch(Object live, const Object& patch) {
  merge(live, patch);
  return live;
}

}  // namespace meshdrill::lab
