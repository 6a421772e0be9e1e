// The way in: Helm values of the controller, and the Ingress or Gateway that leads to the global Service.
#include "mesh/render/render.hpp"
#include "mesh/render/render_parts.hpp"

#include <boost/json.hpp>

namespace meshdrill::mesh {
namespace {

using boost::json::array;
using boost::json::object;
using Controller = Ingress::Controller;

object metadata(const GlobalService& service) {
  return {{"name", service.name}, {"namespace", service.kube_namespace}};
}

bool has_tls(const Ingress& ingress) {
  return !ingress.tls_secret.empty();
}

// On the nodes' own addresses, with no Service of type LoadBalancer in front.
object host_network_values(const Ingress& ingress) {
  object values{{"enabled", true}};
  if (ingress.controller == Controller::cilium) {
    values["sharedListenerPort"] = ingress.listener_port.value_or(ingress.port);
  }
  if (!ingress.node_selector.empty()) {
    values["nodes"] = object{{"matchLabels", string_map(ingress.node_selector)}};
  }
  return values;
}

object ingress_controller_values(const Ingress& ingress) {
  object values{{"enabled", true}, {"loadbalancerMode", "shared"}};
  if (!ingress.host_network) return values;
  values["hostNetwork"] = host_network_values(ingress);
  // Kubernetes refuses externalTrafficPolicy, which the chart sets by default, for a ClusterIP.
  values["service"] = object{{"type", "ClusterIP"}, {"externalTrafficPolicy", nullptr}};
  return values;
}

// With "auto" the chart makes the GatewayClass only where the API knows the kind, and never in
// `helm template`.
object gateway_values(const Ingress& ingress) {
  object values{{"enabled", true}, {"gatewayClass", object{{"create", "true"}}}};
  if (ingress.host_network) values["hostNetwork"] = host_network_values(ingress);
  return values;
}

object ingress_object(const Ingress& ingress, const GlobalService& service) {
  object backend{
      {"service", object{{"name", service.name}, {"port", object{{"number", service.ports.front().port}}}}}};
  object path{{"path", ingress.path}, {"pathType", "Prefix"}, {"backend", std::move(backend)}};
  object rule{{"host", ingress.host}, {"http", object{{"paths", array{std::move(path)}}}}};
  object meta = metadata(service);
  // ingress-nginx sends requests to the Pods that its own API knows, which are the local ones, and so answers
  // 503 once they are gone (cilium/cilium#25818). With service-upstream it asks the ClusterIP, where Cilium
  // chooses among all clusters. Cilium's own ingress knows them all anyway.
  if (ingress.controller == Controller::nginx) {
    meta["annotations"] = object{{"nginx.ingress.kubernetes.io/service-upstream", "true"}};
  }
  object spec{{"ingressClassName", ingress.class_name}, {"rules", array{std::move(rule)}}};
  if (has_tls(ingress)) {
    spec["tls"] = array{object{{"hosts", array{ingress.host}}, {"secretName", ingress.tls_secret}}};
  }
  return {{"apiVersion", "networking.k8s.io/v1"},
          {"kind", "Ingress"},
          {"metadata", std::move(meta)},
          {"spec", std::move(spec)}};
}

object gateway_object(const Ingress& ingress, const GlobalService& service) {
  object listener{{"name", has_tls(ingress) ? "https" : "http"},
                  {"hostname", ingress.host},
                  {"port", ingress.port},
                  {"protocol", has_tls(ingress) ? "HTTPS" : "HTTP"}};
  if (has_tls(ingress)) {
    listener["tls"] =
        object{{"mode", "Terminate"},
               {"certificateRefs", array{object{{"kind", "Secret"}, {"name", ingress.tls_secret}}}}};
  }
  listener["allowedRoutes"] = object{{"namespaces", object{{"from", "Same"}}}};
  return {{"apiVersion", "gateway.networking.k8s.io/v1"},
          {"kind", "Gateway"},
          {"metadata", metadata(service)},
          {"spec", object{{"gatewayClassName", "cilium"}, {"listeners", array{std::move(listener)}}}}};
}

object route_object(const Ingress& ingress, const GlobalService& service) {
  object backend;
  if (service.exported_by == GlobalService::Export::mcs) {
    backend = {{"group", "multicluster.x-k8s.io"}, {"kind", "ServiceImport"}};
  } else {
    backend = {{"kind", "Service"}};
  }
  backend["name"] = service.name;
  backend["port"] = service.ports.front().port;
  object match{{"path", object{{"type", "PathPrefix"}, {"value", ingress.path}}}};
  object rule{{"matches", array{std::move(match)}}, {"backendRefs", array{std::move(backend)}}};
  return {{"apiVersion", "gateway.networking.k8s.io/v1"},
          {"kind", "HTTPRoute"},
          {"metadata", metadata(service)},
          {"spec", object{{"parentRefs", array{object{{"name", service.name}}}},
                          {"hostnames", array{ingress.host}},
                          {"rules", array{std::move(rule)}}}}};
}

}  // namespace

void add_ingress_values(const Mesh& mesh, object& values) {
  if (!mesh.ingress) return;
  if (mesh.ingress->controller == Controller::cilium) {
    values["ingressController"] = ingress_controller_values(*mesh.ingress);
  } else if (mesh.ingress->controller == Controller::gateway) {
    values["gatewayAPI"] = gateway_values(*mesh.ingress);
  }
}

object nginx_values(const Ingress& ingress) {
  object service{
      {"enabled", true}, {"type", "LoadBalancer"}, {"nodePorts", object{{"http", ""}, {"https", ""}}}};
  if (has_tls(ingress) && ingress.port != 443) service["ports"] = object{{"https", ingress.port}};
  if (!has_tls(ingress) && ingress.port != 80) service["ports"] = object{{"http", ingress.port}};
  object controller{{"service", std::move(service)}};
  if (!ingress.node_selector.empty()) controller["nodeSelector"] = string_map(ingress.node_selector);
  if (ingress.class_name != "nginx") {
    controller["ingressClassResource"] = object{{"name", ingress.class_name}};
  }
  object values{{"controller", std::move(controller)}};
  // In an umbrella chart the dependency has a switch to turn it on.
  if (!ingress.values_key.empty()) values["enabled"] = true;
  return nest(ingress.values_key, std::move(values));
}

std::vector<object> ingress_manifests(const Mesh& mesh) {
  const GlobalService* service = ingress_backend(mesh);
  if (service == nullptr) return {};
  if (mesh.ingress->controller != Controller::gateway) return {ingress_object(*mesh.ingress, *service)};
  return {gateway_object(*mesh.ingress, *service), route_object(*mesh.ingress, *service)};
}

}  // namespace meshdrill::mesh
