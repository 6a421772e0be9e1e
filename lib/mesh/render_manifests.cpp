// Kubernetes objects: the global Services, the sample workload behind them, and the Ingress.
#include "mesh/render.hpp"
#include "mesh/render_parts.hpp"

#include <set>

#include <boost/json.hpp>
#include <fmt/format.h>

namespace meshdrill::mesh {
namespace {

using boost::json::array;
using boost::json::object;

object metadata(const GlobalService& service, const std::string& name) {
  return {{"name", name}, {"namespace", service.kube_namespace}};
}

std::string page_name(const GlobalService& service) {
  return service.name + "-index-html";
}

object config_map(const GlobalService& service, const Cluster& cluster) {
  return {{"apiVersion", "v1"},
          {"kind", "ConfigMap"},
          {"metadata", metadata(service, page_name(service))},
          {"data", object{{"index.html", fmt::format("Hello from Cluster {}\n", cluster.name)}}}};
}

object global_service(const GlobalService& service) {
  object annotations{{"service.cilium.io/global", "true"}};
  if (!service.shared) annotations["service.cilium.io/shared"] = "false";
  if (service.affinity != GlobalService::Affinity::unset) {
    const bool local = service.affinity == GlobalService::Affinity::local;
    annotations["service.cilium.io/affinity"] = local ? "local" : "remote";
  }
  if (service.sync_endpoint_slices) annotations["service.cilium.io/global-sync-endpoint-slices"] = "true";
  object meta = metadata(service, service.name);
  meta["annotations"] = std::move(annotations);
  array ports;
  for (const ServicePort& port : service.ports) {
    object json;
    if (!port.name.empty()) json["name"] = port.name;
    json["protocol"] = port.protocol;
    json["port"] = port.port;
    json["targetPort"] = port.target_port;
    ports.emplace_back(std::move(json));
  }
  return {{"apiVersion", "v1"},
          {"kind", "Service"},
          {"metadata", std::move(meta)},
          {"spec", object{{"type", "ClusterIP"},
                          {"selector", string_map(service.selector)},
                          {"ports", std::move(ports)}}}};
}

// nginx with the cluster's own page, so that an answer tells which cluster it came from.
object sample_pod(const GlobalService& service) {
  object container{
      {"name", "nginx"},
      {"image", service.image},
      {"ports", array{object{{"containerPort", 80}}}},
      // Without it a Pod counts as ready before nginx listens, and a restore would look like an outage.
      {"readinessProbe", object{{"httpGet", object{{"path", "/"}, {"port", 80}}}, {"periodSeconds", 2}}},
      {"volumeMounts",
       array{object{
           {"name", "html"}, {"mountPath", "/usr/share/nginx/html/index.html"}, {"subPath", "index.html"}}}}};
  return {{"containers", array{std::move(container)}},
          {"volumes", array{object{{"name", "html"}, {"configMap", object{{"name", page_name(service)}}}}}}};
}

object deployment(const GlobalService& service) {
  object labels = string_map(service.selector);
  object pod{{"metadata", object{{"labels", labels}}}, {"spec", sample_pod(service)}};
  return {{"apiVersion", "apps/v1"},
          {"kind", "Deployment"},
          {"metadata", metadata(service, service.name)},
          {"spec", object{{"replicas", service.replicas},
                          {"selector", object{{"matchLabels", std::move(labels)}}},
                          {"template", std::move(pod)}}}};
}

// ingress-nginx sends requests to the Pods that its own API knows, which are the local ones, and so answers
// 503 once they are gone (cilium/cilium#25818). With service-upstream it asks the ClusterIP, where Cilium
// chooses among all clusters.
object ingress_object(const Ingress& ingress, const GlobalService& service) {
  object backend{
      {"service", object{{"name", service.name}, {"port", object{{"number", service.ports.front().port}}}}}};
  object path{{"path", ingress.path}, {"pathType", "Prefix"}, {"backend", std::move(backend)}};
  object rule{{"host", ingress.host}, {"http", object{{"paths", array{std::move(path)}}}}};
  object meta = metadata(service, service.name);
  meta["annotations"] = object{{"nginx.ingress.kubernetes.io/service-upstream", "true"}};
  return {{"apiVersion", "networking.k8s.io/v1"},
          {"kind", "Ingress"},
          {"metadata", std::move(meta)},
          {"spec", object{{"ingressClassName", ingress.class_name}, {"rules", array{std::move(rule)}}}}};
}

}  // namespace

std::vector<object> namespace_manifests(const Mesh& mesh) {
  std::vector<object> objects;
  std::set<std::string> seen{"default", "kube-system", "kube-public"};  // these are always there
  for (const GlobalService& service : mesh.services) {
    if (!seen.insert(service.kube_namespace).second) continue;
    objects.push_back({{"apiVersion", "v1"},
                       {"kind", "Namespace"},
                       {"metadata", object{{"name", service.kube_namespace}}}});
  }
  return objects;
}

std::vector<object> service_manifests(const GlobalService& service, const Cluster& cluster) {
  std::vector<object> objects;
  if (service.sample) objects.push_back(config_map(service, cluster));
  objects.push_back(global_service(service));
  if (service.sample) objects.push_back(deployment(service));
  return objects;
}

std::vector<object> ingress_manifests(const Mesh& mesh) {
  const GlobalService* service = ingress_backend(mesh);
  if (service == nullptr) return {};
  return {ingress_object(*mesh.ingress, *service)};
}

std::vector<object> manifests(const Mesh& mesh, const Cluster& cluster) {
  std::vector<object> objects = namespace_manifests(mesh);
  for (const GlobalService& service : mesh.services) {
    for (object& item : service_manifests(service, cluster)) objects.push_back(std::move(item));
  }
  for (object& item : ingress_manifests(mesh)) objects.push_back(std::move(item));
  return objects;
}

}  // namespace meshdrill::mesh
