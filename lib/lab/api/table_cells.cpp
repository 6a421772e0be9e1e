#include "lab/api/table_cells.hpp"

#include "lab/api/json_access.hpp"
#include "lab/api/tables.hpp"
#include "lab/api/timestamps.hpp"

#include <algorithm>
#include <chrono>

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

namespace meshdrill::lab::cells {

namespace json = boost::json;

namespace {

const json::value* walk(const Object& object, const Keys& path) {
  const json::value* value = nullptr;
  const json::object* current = &object;
  for (const std::string& key : path) {
    value = current == nullptr ? nullptr : current->if_contains(key);
    current = value == nullptr ? nullptr : value->if_object();
  }
  return value;
}

// The objects in a list; none when there is no such list.
std::vector<const json::object*> items(const Object& object, Path path) {
  std::vector<const json::object*> found;
  if (const json::array* const list = find_array(object, path)) {
    for (const json::value& item : *list) {
      if (item.is_object()) found.push_back(&item.get_object());
    }
  }
  return found;
}

std::string plain(const json::value& value) {
  return value.is_string() ? std::string(view(value.get_string())) : json::serialize(value);
}

// "a,b": one text an item; `none` when there is no item.
template <class Text>
std::string join(const std::vector<const json::object*>& list, std::string_view none, const Text& text) {
  std::string joined;
  for (const json::object* const item : list) {
    if (!joined.empty()) joined += ',';
    joined += text(*item);
  }
  return joined.empty() ? std::string(none) : joined;
}

std::string labels(const json::object* map) {
  if (map == nullptr || map->empty()) return "<none>";
  std::string joined;
  for (const json::key_value_pair& entry : *map) {
    if (!joined.empty()) joined += ',';
    joined.append(entry.key().data(), entry.key().size()).append("=").append(plain(entry.value()));
  }
  return joined;
}

std::string member(const json::object& object, std::string_view key) {
  const json::value* const value = object.if_contains(key);
  return value == nullptr ? std::string() : plain(*value);
}

std::string first_and_more(const std::vector<std::string>& all) {
  constexpr std::size_t shown = 3;
  std::string text;
  for (std::size_t i = 0; i < std::min(shown, all.size()); ++i) text += (i == 0 ? "" : ",") + all[i];
  if (all.empty()) return "<unset>";
  return all.size() <= shown ? text : fmt::format("{} + {} more...", text, all.size() - shown);
}

std::string condition(const Object& object, std::string_view type) {
  for (const json::object* const entry : items(object, {"status", "conditions"})) {
    if (text_at(*entry, {"type"}) == type) return std::string(text_at(*entry, {"status"}));
  }
  return {};
}

}  // namespace

json::value text(const Object& object, const Keys& path, const std::string& fallback) {
  const json::value* const value = walk(object, path);
  const std::string found = value == nullptr || value->is_null() ? std::string() : plain(*value);
  return json::value(found.empty() ? fallback : found);
}

json::value number(const Object& object, const Keys& path) {
  const json::value* const value = walk(object, path);
  return value != nullptr && value->is_int64() ? value->get_int64() : 0;
}

json::value ready_of_wanted(const Object& workload) {
  return json::value(fmt::format("{}/{}", integer_at(workload, {"status", "readyReplicas"}).value_or(0),
                                 integer_at(workload, {"spec", "replicas"}).value_or(0)));
}

json::value container_names(const Object& workload) {
  return json::value(join(items(workload, {"spec", "template", "spec", "containers"}), "<none>",
                          [](const json::object& item) { return member(item, "name"); }));
}

json::value container_images(const Object& workload) {
  return json::value(join(items(workload, {"spec", "template", "spec", "containers"}), "<none>",
                          [](const json::object& item) { return member(item, "image"); }));
}

json::value match_labels(const Object& workload) {
  return json::value(labels(find_object(workload, {"spec", "selector", "matchLabels"})));
}

json::value selector(const Object& service) {
  return json::value(labels(find_object(service, {"spec", "selector"})));
}

json::value pod_ready(const Object& pod) {
  std::size_t ready = 0;
  for (const json::object* const status : items(pod, {"status", "containerStatuses"})) {
    const json::value* const value = status->if_contains("ready");
    if (value != nullptr && value->is_bool() && value->get_bool()) ++ready;
  }
  return json::value(fmt::format("{}/{}", ready, items(pod, {"spec", "containers"}).size()));
}

json::value pod_status(const Object& pod) {
  if (find_value(pod, {"metadata", "deletionTimestamp"}) != nullptr) return "Terminating";
  for (const json::object* const status : items(pod, {"status", "containerStatuses"})) {
    const std::string_view waiting = text_at(*status, {"state", "waiting", "reason"});
    if (!waiting.empty()) return json::value(waiting);
    const std::string_view terminated = text_at(*status, {"state", "terminated", "reason"});
    if (!terminated.empty()) return json::value(terminated);
  }
  const std::string_view reason = text_at(pod, {"status", "reason"});
  return json::value(reason.empty() ? text_at(pod, {"status", "phase"}) : reason);
}

json::value pod_restarts(const Object& pod) {
  std::int64_t restarts = 0;
  for (const json::object* const status : items(pod, {"status", "containerStatuses"})) {
    restarts += integer_at(*status, {"restartCount"}).value_or(0);
  }
  return json::value(std::to_string(restarts));
}

json::value load_balancer(const Object& object) {
  return json::value(
      join(items(object, {"status", "loadBalancer", "ingress"}), "", [](const json::object& item) {
        const std::string address = member(item, "ip");
        return address.empty() ? member(item, "hostname") : address;
      }));
}

json::value external_ip(const Object& service) {
  const std::string_view type = text_at(service, {"spec", "type"});
  if (type == "ExternalName") return json::value(text_at(service, {"spec", "externalName"}));
  if (type != "LoadBalancer") return "<none>";
  const json::value address = load_balancer(service);
  return address.get_string().empty() ? json::value("<pending>") : address;
}

json::value service_ports(const Object& service) {
  return json::value(join(items(service, {"spec", "ports"}), "<none>", [](const json::object& port) {
    const std::string node = member(port, "nodePort");
    return member(port, "port") + (node.empty() ? "" : ":" + node) + "/" + member(port, "protocol");
  }));
}

json::value slice_ports(const Object& slice) {
  std::vector<std::string> ports;
  for (const json::object* const port : items(slice, {"ports"})) ports.push_back(member(*port, "port"));
  return json::value(first_and_more(ports));
}

json::value slice_endpoints(const Object& slice) {
  std::vector<std::string> addresses;
  for (const json::object* const endpoint : items(slice, {"endpoints"})) {
    if (const json::array* const list = find_array(*endpoint, {"addresses"})) {
      for (const json::value& address : *list) addresses.push_back(plain(address));
    }
  }
  return json::value(first_and_more(addresses));
}

json::value endpoints(const Object& object) {
  std::vector<std::string> pairs;
  for (const json::object* const subset : items(object, {"subsets"})) {
    for (const json::object* const address : items(*subset, {"addresses"})) {
      for (const json::object* const port : items(*subset, {"ports"})) {
        pairs.push_back(member(*address, "ip") + ":" + member(*port, "port"));
      }
    }
  }
  return json::value(pairs.empty() ? "<none>" : first_and_more(pairs));
}

json::value ingress_hosts(const Object& ingress) {
  return json::value(join(items(ingress, {"spec", "rules"}), "*", [](const json::object& rule) {
    const std::string host = member(rule, "host");
    return host.empty() ? std::string("*") : host;
  }));
}

json::value ingress_ports(const Object& ingress) {
  return items(ingress, {"spec", "tls"}).empty() ? "80" : "80, 443";
}

json::value node_status(const Object& node) {
  const std::string ready = condition(node, "Ready");
  std::string status = ready.empty() ? "Unknown" : (ready == "True" ? "Ready" : "NotReady");
  const json::value* const cordoned = find_value(node, {"spec", "unschedulable"});
  if (cordoned != nullptr && cordoned->is_bool() && cordoned->get_bool()) status += ",SchedulingDisabled";
  return json::value(status);
}

json::value node_roles(const Object& node) {
  constexpr std::string_view prefix = "node-role.kubernetes.io/";
  std::string roles;
  if (const json::object* const map = find_object(node, {"metadata", "labels"})) {
    for (const json::key_value_pair& label : *map) {
      const std::string_view key = label.key();
      if (key.starts_with(prefix)) roles.append(roles.empty() ? "" : ",").append(key.substr(prefix.size()));
    }
  }
  return json::value(roles.empty() ? "<none>" : roles);
}

json::value internal_ip(const Object& node) {
  for (const json::object* const address : items(node, {"status", "addresses"})) {
    if (member(*address, "type") == "InternalIP") return json::value(member(*address, "address"));
  }
  return "<none>";
}

json::value scale_target(const Object& autoscaler) {
  return json::value(fmt::format("{}/{}", text_at(autoscaler, {"spec", "scaleTargetRef", "kind"}),
                                 text_at(autoscaler, {"spec", "scaleTargetRef", "name"})));
}

json::value scale_metrics(const Object& autoscaler) {
  return json::value(join(items(autoscaler, {"spec", "metrics"}), "<none>", [](const json::object& metric) {
    const std::string_view name = text_at(metric, {"resource", "name"});
    return fmt::format("{}: <unknown>", name.empty() ? text_at(metric, {"type"}) : name);
  }));
}

json::value event_age(const Object& event) {
  std::string_view seen = text_at(event, {"series", "lastObservedTime"});
  if (seen.empty()) seen = text_at(event, {"lastTimestamp"});
  if (seen.empty()) seen = text_at(event, {"eventTime"});
  const auto time = parse_timestamp(seen);
  if (!time) return "<unknown>";
  const auto age = std::chrono::system_clock::now() - *time;
  return json::value(human_duration(std::chrono::duration_cast<std::chrono::seconds>(age)));
}

json::value event_object(const Object& event) {
  const bool core = event.contains("involvedObject");
  const std::string_view field = core ? "involvedObject" : "regarding";
  std::string kind(text_at(event, {field, "kind"}));
  std::ranges::transform(kind, kind.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? char(c - 'A' + 'a') : c; });
  return json::value(fmt::format("{}/{}", kind, text_at(event, {field, "name"})));
}

json::value event_message(const Object& event) {
  const std::string_view message = text_at(event, {"message"});
  return json::value(message.empty() ? text_at(event, {"note"}) : message);
}

json::value data_count(const Object& object) {
  std::size_t count = 0;
  for (const std::string_view field : {"data", "binaryData"}) {
    if (const json::object* const map = find_object(object, {field})) count += map->size();
  }
  return json::value(std::to_string(count));
}

json::value min_available(const Object& budget) {
  return text(budget, {"spec", "minAvailable"}, "N/A");
}

json::value max_unavailable(const Object& budget) {
  return text(budget, {"spec", "maxUnavailable"}, "N/A");
}

}  // namespace meshdrill::lab::cells
