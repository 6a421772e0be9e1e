#include "lab/lab_commands.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

namespace meshdrill::lab {
namespace {

namespace json = boost::json;

json::object refusal(const std::string& why) {
  return {{"ok", false}, {"error", why}};
}

json::object outcome(const Result<>& result) {
  return result ? json::object{{"ok", true}} : refusal(result.error().message);
}

json::object to_json(const LabStatus& status) {
  json::array clusters;
  for (const LabCluster& cluster : status.clusters) {
    clusters.emplace_back(json::object{{"name", cluster.name},
                                       {"context", cluster.context},
                                       {"api", cluster.api},
                                       {"ingress", cluster.ingress}});
  }
  json::array faults;
  for (const Fault& fault : status.faults) faults.emplace_back(to_string(fault));
  return {{"ok", true},
          {"url", status.url},
          {"dnsServer", status.dns_server},
          {"clusters", std::move(clusters)},
          {"faults", std::move(faults)}};
}

json::object answer(const LabCommands& commands, const std::string& line) {
  if (line == "status") return to_json(commands.status());
  const auto space = line.find(' ');
  const std::string verb = line.substr(0, space);
  if (space == std::string::npos || (verb != "set" && verb != "clear")) {
    return refusal("a command is: set FAULT, clear FAULT, or status");
  }
  const auto fault = parse_fault(line.substr(space + 1), verb == "set");
  if (!fault) return refusal(fault.error().message);
  return outcome(verb == "set" ? commands.set(*fault) : commands.clear(*fault));
}

}  // namespace

std::string run_command(const LabCommands& commands, const std::string& line) {
  return json::serialize(answer(commands, line));
}

}  // namespace meshdrill::lab
