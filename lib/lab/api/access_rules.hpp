// Who may do what: everyone everything, except what is denied here. SelfSubjectAccessReviews answer by these
// rules, and real requests obey them.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace meshdrill::lab {

struct AccessRequest {
  std::string user;
  std::string verb;         // "patch"
  std::string group;        // "apps"; empty: core
  std::string resource;     // "deployments"
  std::string subresource;  // "scale"; empty: none
  std::string ns;           // empty: cluster-wide
  std::string name;         // empty: no particular one
};

// What is denied. An empty field, and "*", stand for any.
struct DenyRule {
  std::string user;
  std::string verb;
  std::string resource;  // "deployments", "deployments/scale"; the first does not cover the second
  std::string ns;
};

class AccessRules {
 public:
  void deny(DenyRule rule) { rules_.push_back(std::move(rule)); }
  void allow_all() { rules_.clear(); }
  [[nodiscard]] bool allows(const AccessRequest& request) const;

 private:
  std::vector<DenyRule> rules_;
};

}  // namespace meshdrill::lab
