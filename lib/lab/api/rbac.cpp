#include "lab/api/rbac.hpp"

#include "lab/api/json_access.hpp"
#include "lab/api/object_fields.hpp"

#include <algorithm>

namespace meshdrill::lab {
namespace {

namespace json = boost::json;

constexpr std::string_view token_prefix = "lab-user-";
constexpr std::string_view group = "lab:rbac";

// Whether a list of a rule ("verbs") has the value, or "*".
bool lists(const Object& rule, std::string_view key, std::string_view value) {
  const json::array& items = items_at(rule, {key});
  return std::ranges::any_of(items, [&](const json::value& item) {
    return item.is_string() && (view(item.get_string()) == "*" || view(item.get_string()) == value);
  });
}

bool rule_allows(const Object& rule, const AccessRequest& request) {
  std::string resource = request.resource;
  if (!request.subresource.empty()) resource += "/" + request.subresource;
  if (!lists(rule, "apiGroups", request.group) || !lists(rule, "resources", resource) ||
      !lists(rule, "verbs", request.verb)) {
    return false;
  }
  // Only requests for one object can be allowed by its name.
  return items_at(rule, {"resourceNames"}).empty() ||
         (!request.name.empty() && lists(rule, "resourceNames", request.name));
}

bool role_allows(const ObjectStore& store, const Object& binding, const AccessRequest& request) {
  const bool own = text_at(binding, {"roleRef", "kind"}) == "Role";
  const ObjectPtr role = store.get(own ? "roles" : "clusterroles", own ? namespace_of(binding) : "",
                                   text_at(binding, {"roleRef", "name"}));
  if (!role) return false;
  return std::ranges::any_of(items_at(*role, {"rules"}), [&](const json::value& rule) {
    return rule.is_object() && rule_allows(rule.get_object(), request);
  });
}

bool binds(const Object& binding, const std::string& user) {
  return std::ranges::any_of(items_at(binding, {"subjects"}), [&](const json::value& subject) {
    return subject.is_object() && text_at(subject.get_object(), {"kind"}) == "User" &&
           text_at(subject.get_object(), {"name"}) == user;
  });
}

}  // namespace

std::optional<ApiUser> rbac_user(std::string_view token) {
  if (!token.starts_with(token_prefix) || token == token_prefix) return std::nullopt;
  return ApiUser{std::string(token.substr(token_prefix.size())), {std::string(group)}};
}

bool under_rbac(const ApiUser& user) {
  return std::ranges::count(user.groups, group) > 0;
}

bool rbac_allows(const ObjectStore& store, const AccessRequest& request) {
  const auto allowed_by = [&](const ObjectPtr& binding) {
    return binds(*binding, request.user) && role_allows(store, *binding, request);
  };
  if (std::ranges::any_of(store.list("clusterrolebindings"), allowed_by)) return true;
  return !request.ns.empty() && std::ranges::any_of(store.list("rolebindings", request.ns), allowed_by);
}

}  // namespace meshdrill::lab
