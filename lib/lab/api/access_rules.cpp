#include "lab/api/access_rules.hpp"

#include <algorithm>

namespace meshdrill::lab {

namespace {

bool covers(std::string_view rule, std::string_view value) {
  return rule.empty() || rule == "*" || rule == value;
}

}  // namespace

bool AccessRules::allows(const AccessRequest& request) const {
  std::string resource = request.resource;
  if (!request.subresource.empty()) resource += "/" + request.subresource;
  return std::ranges::none_of(rules_, [&](const DenyRule& rule) {
    return covers(rule.user, request.user) && covers(rule.verb, request.verb) &&
           covers(rule.resource, resource) && covers(rule.ns, request.ns);
  });
}

}  // namespace meshdrill::lab
