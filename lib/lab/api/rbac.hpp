// RBAC as Kubernetes has it, as far as rights of users go: Roles and ClusterRoles, bound to users by name. In
// a lab it holds for those who come with a bearer token `lab-user-NAME`; everyone else may do everything.
#pragma once

#include "lab/api/access_rules.hpp"
#include "lab/api/api_types.hpp"
#include "lab/api/object_store.hpp"

#include <optional>
#include <string_view>

namespace meshdrill::lab {

// The user of such a token; nullopt for any other.
std::optional<ApiUser> rbac_user(std::string_view token);

// Whether RBAC is what decides about this user.
bool under_rbac(const ApiUser& user);

bool rbac_allows(const ObjectStore& store, const AccessRequest& request);

}  // namespace meshdrill::lab
