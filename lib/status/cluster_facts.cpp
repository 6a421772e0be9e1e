#include "status/cluster_facts.hpp"

#include "base/text.hpp"
#include "kube/json_fields.hpp"
#include "kube/list.hpp"
#include "kube/resource.hpp"
#include "status/parse.hpp"

#include <algorithm>
#include <set>

#include <fmt/format.h>

namespace meshdrill::status {
namespace {

namespace json = boost::json;
using kube::ApiError;
using kube::ResourceType;

ResourceType config_maps() {
  return {"", "v1", "configmaps", true};
}
ResourceType nodes() {
  return {"", "v1", "nodes", false};
}
ResourceType daemon_sets() {
  return {"apps", "v1", "daemonsets", true};
}
ResourceType ingresses() {
  return {"networking.k8s.io", "v1", "ingresses", true};
}
ResourceType cilium_nodes() {
  return {"cilium.io", "v2", "ciliumnodes", false};
}

// The rule that a ClusterRole needs for one read.
std::string rbac_rule(const ResourceType& type, std::string_view verb) {
  return fmt::format("{{apiGroups: [\"{}\"], resources: [{}], verbs: [{}]}}", type.group, type.plural, verb);
}

bool forbidden(const ApiError& error) {
  return error.is(403) || error.is(401);
}

// One cluster's reads, one after the other; after the first that does not reach the API, no more are tried.
class Reader {
 public:
  Reader(kube::Client& client, ClusterFacts& facts) : client_(client), facts_(facts) {}

  // The object; null when there is none, or it could not be read, which is then in `unread`.
  Task<json::value> get(ResourceType type, std::string kube_namespace, std::string name, std::string what) {
    if (unreachable_) co_return nullptr;
    kube::Request request;
    const kube::ObjectRef object{type, std::move(kube_namespace), std::move(name)};
    request.path = kube::object_path(object);
    kube::ApiResult<json::value> answer = co_await client_.request(std::move(request));
    if (answer) co_return std::move(*answer);
    if (!answer.error().not_found()) note(answer.error(), std::move(what), rbac_rule(type, "get"));
    co_return nullptr;
  }

  // All objects of a kind; the same when there are none, or the API does not know the kind.
  Task<std::vector<json::value>> list(ResourceType type, std::string what) {
    if (unreachable_) co_return std::vector<json::value>{};
    kube::ListRequest request;
    request.path = kube::collection_path(type, {});
    kube::ApiResult<kube::ObjectList> answer = co_await kube::list_all(client_, std::move(request));
    if (answer) co_return std::move(answer->items);
    if (!answer.error().not_found()) note(answer.error(), std::move(what), rbac_rule(type, "list"));
    co_return std::vector<json::value>{};
  }

 private:
  void note(const ApiError& error, std::string what, std::string rule) {
    facts_.unread.push_back(
        {std::move(what), to_string(error), forbidden(error) ? std::move(rule) : std::string{}});
    unreachable_ = error.kind != ApiError::Kind::api;
  }

  kube::Client& client_;
  ClusterFacts& facts_;
  bool unreachable_ = false;
};

void add_address(std::vector<IpAddress>& to, const std::string& text) {
  const auto address = parse_ip(text);
  if (address && std::find(to.begin(), to.end(), *address) == to.end()) to.push_back(*address);
}

void add_prefix(std::vector<IpPrefix>& to, const json::value& text) {
  if (!text.is_string()) return;
  if (const auto prefix = parse_prefix(text.as_string())) to.push_back(*prefix);
}

void read_agents(const json::value& daemon_set, ClusterFacts& facts) {
  for (const json::value& container : kube::array_field(daemon_set, "/spec/template/spec/containers")) {
    if (kube::text_field(container, "/name") != "cilium-agent") continue;
    facts.version = version_of(kube::text_field(container, "/image"));
  }
}

void read_nodes(const std::vector<json::value>& items, ClusterFacts& facts) {
  for (const json::value& node : items) {
    for (const json::value& address : kube::array_field(node, "/status/addresses")) {
      if (kube::text_field(address, "/type") == "InternalIP") {
        add_address(facts.nodes, kube::text_field(address, "/address"));
      }
    }
    if (facts.config.contains("ipam") && facts.config.at("ipam") == "kubernetes") {
      for (const json::value& pods : kube::array_field(node, "/spec/podCIDRs"))
        add_prefix(facts.node_pods, pods);
    }
  }
}

void read_cilium_nodes(const std::vector<json::value>& items, ClusterFacts& facts) {
  for (const json::value& node : items) {
    for (const json::value& pods : kube::array_field(node, "/spec/ipam/podCIDRs"))
      add_prefix(facts.node_pods, pods);
  }
}

void read_apiserver(const json::value& service, ClusterFacts& facts) {
  if (!service.is_object()) return;
  const std::string type = kube::text_field(service, "/spec/type");
  const auto& ports = kube::array_field(service, "/spec/ports");
  const json::value port = ports.empty() ? json::value(json::object{}) : ports.front();
  mesh::InitialApiServer& apiserver = facts.apiserver;
  if (type == "LoadBalancer") {
    apiserver.type = type;
    apiserver.port = kube::count_field(port, "/port", 2379);
    for (const json::value& point : kube::array_field(service, "/status/loadBalancer/ingress")) {
      add_address(apiserver.ips, kube::text_field(point, "/ip"));
      if (apiserver.address.empty()) apiserver.address = kube::text_field(point, "/hostname");
    }
    if (!apiserver.ips.empty()) apiserver.address.clear();
  } else if (type == "NodePort") {
    apiserver.type = type;
    if (const int node_port = kube::count_field(port, "/nodePort"); node_port != 0)
      apiserver.port = node_port;
    // Any node would do; three survive the loss of two.
    for (const IpAddress& node : facts.nodes) {
      if (apiserver.ips.size() < 3) apiserver.ips.push_back(node);
    }
  }
}

void read_service(const json::value& object, ClusterFacts& facts) {
  if (!is_word(annotation(object, "service.cilium.io/global", "io.cilium/global-service"), "true")) return;
  mesh::InitialService service;
  service.name = kube::text_field(object, "/metadata/name");
  service.kube_namespace = kube::text_field(object, "/metadata/namespace");
  for (const json::value& item : kube::array_field(object, "/spec/ports")) {
    mesh::InitialPort port;
    port.name = kube::text_field(item, "/name");
    port.port = kube::count_field(item, "/port");
    // A named target port has no number here; the file then takes the port's own.
    port.target_port = kube::count_field(item, "/targetPort");
    if (const std::string protocol = kube::text_field(item, "/protocol"); !protocol.empty())
      port.protocol = protocol;
    service.ports.push_back(std::move(port));
  }
  for (const auto& [key, value] : kube::labels_field(object, "/spec/selector"))
    service.selector.emplace_back(key, value);
  if (is_word(annotation(object, "service.cilium.io/shared", "io.cilium/shared-service"), "false"))
    service.shared = false;
  const std::string affinity = annotation(object, "service.cilium.io/affinity", "io.cilium/service-affinity");
  if (affinity == "local" || affinity == "remote") service.affinity = affinity;
  facts.services.push_back(std::move(service));
}

void read_ingress(const json::value& ingress, ClusterFacts& facts) {
  for (const json::value& point : kube::array_field(ingress, "/status/loadBalancer/ingress")) {
    add_address(facts.ingress, kube::text_field(point, "/ip"));
  }
  if (!facts.ingress_host.empty()) return;
  const std::string kube_namespace = kube::text_field(ingress, "/metadata/namespace");
  for (const json::value& rule : kube::array_field(ingress, "/spec/rules")) {
    for (const json::value& path : kube::array_field(rule, "/http/paths")) {
      const std::string service = kube::text_field(path, "/backend/service/name");
      const bool global = std::any_of(facts.services.begin(), facts.services.end(), [&](const auto& known) {
        return known.name == service && known.kube_namespace == kube_namespace;
      });
      if (!global || !facts.ingress_host.empty()) continue;
      facts.ingress_host = kube::text_field(rule, "/host");
      facts.ingress_service = fmt::format("{}/{}", kube_namespace, service);
      facts.ingress_class = kube::text_field(ingress, "/spec/ingressClassName");
    }
  }
}

}  // namespace

Task<ClusterFacts> read_cluster(kube::Client& client, std::string context, std::string kube_namespace) {
  ClusterFacts facts;
  facts.context = std::move(context);
  Reader reader{client, facts};
  const json::value config = co_await reader.get(config_maps(), kube_namespace, std::string("cilium-config"),
                                                 std::string("Cilium's settings (ConfigMap cilium-config)"));
  facts.config = kube::labels_field(config, "/data");
  const json::value agents = co_await reader.get(daemon_sets(), kube_namespace, std::string("cilium"),
                                                 std::string("Cilium's version (DaemonSet cilium)"));
  read_agents(agents, facts);
  const std::vector<json::value> node_list =
      co_await reader.list(nodes(), std::string("the nodes' addresses (Nodes)"));
  read_nodes(node_list, facts);
  const std::vector<json::value> cilium_list =
      co_await reader.list(cilium_nodes(), std::string("the nodes' Pod CIDRs (CiliumNodes)"));
  if (facts.node_pods.empty()) read_cilium_nodes(cilium_list, facts);
  const json::value apiserver =
      co_await reader.get(kube::services(), kube_namespace, std::string("clustermesh-apiserver"),
                          std::string("where clustermesh-apiserver is (Service)"));
  read_apiserver(apiserver, facts);
  const std::vector<json::value> service_list =
      co_await reader.list(kube::services(), std::string("the global Services (Services)"));
  for (const json::value& service : service_list) read_service(service, facts);
  const std::vector<json::value> ingress_list =
      co_await reader.list(ingresses(), std::string("the ingress addresses (Ingresses)"));
  for (const json::value& ingress : ingress_list) read_ingress(ingress, facts);
  co_return facts;
}

}  // namespace meshdrill::status
