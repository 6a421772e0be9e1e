// `ingress` and `dns` of a mesh file.
#include "mesh/read/read_fields.hpp"
#include "mesh/read/read_parts.hpp"

namespace meshdrill::mesh {
namespace {

using Controller = Ingress::Controller;

Controller read_controller(MapReader& map) {
  const auto choice = map.choice("controller", {"nginx", "cilium", "gateway"});
  if (choice == "cilium") return Controller::cilium;
  return choice == "gateway" ? Controller::gateway : Controller::nginx;
}

// Keys of one controller that another would ignore in silence.
void refuse_foreign_keys(MapReader& map, Controller controller) {
  const auto refuse = [&](std::string_view key, std::string_view reason) {
    if (const Node* node = map.find(key)) map.error(*node, key, std::string{reason});
  };
  if (controller == Controller::nginx) {
    refuse("hostNetwork", "belongs to controller: cilium or gateway");
  } else {
    for (const std::string_view key : {"release", "namespace", "chart", "valuesKey"}) {
      refuse(key, "belongs to controller: nginx; the Cilium chart brings the others");
    }
  }
  if (controller != Controller::cilium) refuse("listenerPort", "belongs to controller: cilium");
  if (controller == Controller::gateway) refuse("className", "the GatewayClass is always cilium");
}

}  // namespace

Ingress read_ingress(MapReader& map) {
  Ingress ingress;
  ingress.controller = read_controller(map);
  map.require("host");
  ingress.host = map.string("host").value_or("");
  map.section("tls", [&](MapReader& tls) {
    tls.require("secretName");
    ingress.tls_secret = tls.string("secretName").value_or("");
  });
  ingress.port = read_port(map, "port", ingress.tls_secret.empty() ? 80 : 443);
  ingress.path = map.string("path").value_or(ingress.path);
  const std::string default_class = ingress.controller == Controller::nginx ? "nginx" : "cilium";
  ingress.class_name = map.string("className").value_or(default_class);
  ingress.node_selector = read_string_map(map, "nodeSelector");
  ingress.host_network = map.boolean("hostNetwork").value_or(false);
  if (const auto port = map.integer("listenerPort", 1, 65535))
    ingress.listener_port = static_cast<int>(*port);
  ingress.release = map.string("release").value_or(ingress.release);
  ingress.kube_namespace = map.string("namespace").value_or(ingress.kube_namespace);
  ingress.chart = map.string("chart").value_or("");
  ingress.values_key = map.string("valuesKey").value_or("");
  ingress.service = map.string("service").value_or("");
  refuse_foreign_keys(map, ingress.controller);
  ingress.where = map.node().where;
  ingress.host_where = where_of(map, "host");
  ingress.controller_where = where_of(map, "controller");
  ingress.port_where = where_of(map, "port");
  ingress.service_where = where_of(map, "service");
  return ingress;
}

Dns read_dns(MapReader& map) {
  Dns dns;
  constexpr int day = 86'400;
  dns.ttl = static_cast<int>(map.integer("ttl", 1, day).value_or(dns.ttl));
  dns.zone = map.string("zone").value_or("");
  dns.server = map.string("server").value_or("");
  dns.kube_namespace = map.string("namespace").value_or(dns.kube_namespace);
  dns.where = map.node().where;
  return dns;
}

}  // namespace meshdrill::mesh
