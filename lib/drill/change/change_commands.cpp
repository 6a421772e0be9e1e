// What a person types to do a change, and to undo it when all else failed.
#include "base/text.hpp"
#include "drill/change/change.hpp"

#include <boost/json/serialize.hpp>
#include <fmt/format.h>

namespace meshdrill::drill {
namespace {

namespace json = boost::json;

// "--context … -n …" of every command.
std::string kubectl(const std::string& context, const Change& change) {
  return fmt::format("kubectl --context {} -n {}", shell_quote(context), shell_quote(change.object.ns));
}

std::string kubectl_scale(const std::string& context, const Change& change, int replicas) {
  return fmt::format("{} scale {}/{} --replicas={}", kubectl(context, change), lower_name(change.object_kind),
                     shell_quote(change.object.name), replicas);
}

std::string kubectl_set(const std::string& context, const Change& change,
                        const std::optional<std::string>& value) {
  const std::string object =
      fmt::format("{}/{}", lower_name(change.object_kind), shell_quote(change.object.name));
  if (is_annotation(change)) {
    const std::string key = shell_quote(change.path.back());
    return fmt::format("{} annotate {} {}", kubectl(context, change), object,
                       value ? fmt::format("{}={} --overwrite", key, shell_quote(*value)) : key + "-");
  }
  json::value patch = value ? json::value(*value) : json::value(nullptr);
  for (auto name = change.path.rbegin(); name != change.path.rend(); ++name) {
    json::object outer;
    outer[*name] = std::move(patch);
    patch = std::move(outer);
  }
  return fmt::format("{} patch {} --type=merge -p {}", kubectl(context, change), object,
                     shell_quote(json::serialize(patch)));
}

}  // namespace

std::string restore_command(const std::string& context, const Change& change) {
  switch (change.kind) {
    case ChangeKind::replicas:
      return kubectl_scale(context, change, change.replicas);
    case ChangeKind::field:
      return kubectl_set(context, change, change.value);
    case ChangeKind::pods:
      break;
  }
  return fmt::format("{} rollout status {}/{}", kubectl(context, change), lower_name(change.object_kind),
                     shell_quote(change.object.name));
}

std::string fault_command(const std::string& context, const Change& change) {
  switch (change.kind) {
    case ChangeKind::replicas:
      return kubectl_scale(context, change, change.to_replicas);
    case ChangeKind::field:
      return kubectl_set(context, change, change.to_value);
    case ChangeKind::pods:
      break;
  }
  std::string command = kubectl(context, change) + " delete pods --wait=false";
  for (const PodName& pod : change.pods) command += " " + shell_quote(pod.name);
  return command;
}

std::string with_commands(const std::string& problem, const std::string& context,
                          const std::vector<Change>& changes) {
  std::string text = problem + ". To put it back by hand:";
  for (const Change& change : changes) text += "\n  " + restore_command(context, change);
  return text;
}

}  // namespace meshdrill::drill
