// What we may do, and whether the API would admit it.
#include "base/text.hpp"
#include "drill/change/change_write.hpp"
#include "drill/preflight/preflight_parts.hpp"
#include "drill/safety/record.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace meshdrill::drill {
namespace {

kube::AccessQuestion ask(std::string verb, const kube::ResourceType& type, const std::string& ns,
                         std::string subresource = {}) {
  return {std::move(verb), type.group, type.plural, std::move(subresource), ns, ""};
}

bool same(const kube::AccessQuestion& one, const kube::AccessQuestion& other) {
  return one.verb == other.verb && one.group == other.group && one.resource == other.resource &&
         one.subresource == other.subresource && one.namespace_name == other.namespace_name;
}

class Questions {
 public:
  void add(kube::AccessQuestion question) {
    const bool known = std::any_of(all_.begin(), all_.end(),
                                   [&](const kube::AccessQuestion& other) { return same(question, other); });
    if (!known) all_.push_back(std::move(question));
  }
  std::vector<kube::AccessQuestion> take() { return std::move(all_); }

 private:
  std::vector<kube::AccessQuestion> all_;
};

void add_change(const Change& change, Questions& questions) {
  const kube::ResourceType type = resource_type(change.object_kind);
  const std::string& ns = change.object.ns;
  for (const char* verb : {"get", "list", "watch"}) questions.add(ask(verb, type, ns));
  switch (change.kind) {
    case ChangeKind::replicas:
      for (const char* verb : {"get", "update"}) questions.add(ask(verb, type, ns, "scale"));
      break;
    case ChangeKind::field:
      questions.add(ask("patch", type, ns));
      break;
    case ChangeKind::pods:
      for (const char* verb : {"get", "list", "delete"}) questions.add(ask(verb, kube::pods(), ns));
      break;
  }
}

// Why `question` is not answered with yes; empty when it is.
std::string refusal(const Cluster& cluster, const kube::AccessQuestion& question,
                    const kube::ApiResult<kube::AccessAnswer>& answer) {
  if (!answer) return to_string(answer.error());
  if (answer->allowed) return {};
  const std::string why = printable(answer->reason + answer->evaluation_error);
  return fmt::format("{}: may not {}{}{}", cluster.name, to_string(question), why.empty() ? "" : ": ", why);
}

// Without it the ownership is only reported, which is no reason to refuse.
Task<> look_at_hand_back(const Cluster& target, const Scenario& scenario, Preflight& preflight) {
  if (scenario.ownership != Ownership::hand_back) co_return;
  Questions questions;
  for (const Change& change : preflight.changes) {
    if (change.kind != ChangeKind::pods)
      questions.add(ask("patch", resource_type(change.object_kind), change.object.ns));
  }
  const std::vector<kube::AccessQuestion> asked = questions.take();
  for (const kube::AccessQuestion& question : asked) {
    const kube::ApiResult<kube::AccessAnswer> answer = co_await kube::ask_access(*target.client, question);
    if (answer && !answer->allowed) {
      preflight.warn(
          "access",
          fmt::format("{}: may not {}: should the drill become the owner of a field, that is reported "
                      "and not handed back",
                      target.name, to_string(question)));
    }
  }
}

}  // namespace

std::vector<kube::AccessQuestion> needed_access(const Cluster& cluster, const Scenario& scenario,
                                                const ObjectName& service,
                                                const std::vector<Change>& changes) {
  Questions questions;
  if (scenario.fault.kind != Fault::Kind::none) {
    for (const char* verb : {"get", "create", "update"})
      questions.add(ask(verb, kube::leases(), lease_namespace));
  }
  questions.add(ask("get", kube::services(), service.ns));
  for (const char* verb : {"list", "watch"}) questions.add(ask(verb, kube::endpoint_slices(), service.ns));
  if (cluster.name == scenario.target.cluster) {
    for (const Change& change : changes) add_change(change, questions);
  }
  return questions.take();
}

// One finding for each thing that is not allowed; one for all when everything is.
Task<> look_at_access(const Cluster& cluster, const Scenario& scenario, Preflight& preflight) {
  const std::vector<kube::AccessQuestion> questions =
      needed_access(cluster, scenario, preflight.service, preflight.changes);
  bool allowed = true;
  for (const kube::AccessQuestion& question : questions) {
    const kube::ApiResult<kube::AccessAnswer> answer = co_await kube::ask_access(*cluster.client, question);
    std::string problem = refusal(cluster, question, answer);
    if (problem.empty()) continue;
    allowed = false;
    preflight.note("access", false, std::move(problem));
  }
  if (allowed) {
    preflight.note("access", true,
                   fmt::format("{}: all {} that the drill and its restore need", cluster.name,
                               plural(questions.size(), "permission")));
  }
  if (cluster.name == scenario.target.cluster) {
    co_await look_at_hand_back(cluster, scenario, preflight);
  }
}

// Admission has a say as well: both values are tried without effect.
Task<> try_writes(const Cluster& target, Preflight& preflight) {
  for (const Change& change : preflight.changes) {
    const std::string problem = co_await try_change(*target.client, change);
    preflight.note("dry-run", problem.empty(),
                   problem.empty() ? fmt::format("{}, and back {}, would be admitted", describe_fault(change),
                                                 describe_restore(change))
                                   : problem);
  }
}

}  // namespace meshdrill::drill
