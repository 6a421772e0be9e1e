// Kubernetes objects: Namespaces, the global Services, and the sample workload behind them.
#include "mesh/render/render.hpp"
#include "mesh/render/render_parts.hpp"

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

// Annotations share a Service in Cilium's own way; with the MCS-API a ServiceExport does it. Affinity "none"
// is never written: some versions then drop all remote backends (cilium/cilium#46623).
object sharing_annotations(const GlobalService& service) {
  object annotations{{"service.cilium.io/global", "true"}};
  if (!service.shared) annotations["service.cilium.io/shared"] = "false";
  if (service.affinity != GlobalService::Affinity::unset) {
    const bool local = service.affinity == GlobalService::Affinity::local;
    annotations["service.cilium.io/affinity"] = local ? "local" : "remote";
  }
  if (service.sync_endpoint_slices) annotations["service.cilium.io/global-sync-endpoint-slices"] = "true";
  return annotations;
}

object service_object(const GlobalService& service) {
  object meta = metadata(service, service.name);
  if (service.exported_by == GlobalService::Export::annotations) {
    meta["annotations"] = sharing_annotations(service);
  }
  array ports;
  for (const ServicePort& port : service.ports) {
    object json;
    if (!port.name.empty()) json["name"] = port.name;
    json["protocol"] = port.protocol;
    json["port"] = port.port;
    json["targetPort"] = port.target_port;
    ports.emplace_back(std::move(json));
  }
  object spec{{"type", "ClusterIP"}};
  if (service.headless) spec["clusterIP"] = "None";
  spec["selector"] = string_map(service.selector);
  spec["ports"] = std::move(ports);
  return {
      {"apiVersion", "v1"}, {"kind", "Service"}, {"metadata", std::move(meta)}, {"spec", std::move(spec)}};
}

object service_export(const GlobalService& service) {
  return {{"apiVersion", "multicluster.x-k8s.io/v1alpha1"},
          {"kind", "ServiceExport"},
          {"metadata", metadata(service, service.name)}};
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

}  // namespace

std::vector<object> namespace_manifests(const Mesh& mesh, const Cluster& cluster) {
  // Where namespaces are not global by default, each must say that it is.
  const bool annotate = mesh.cilium.default_global_namespace == false &&
                        minor_of(cluster.version).default_global_namespace.has_value();
  std::vector<object> objects;
  std::set<std::string> seen;
  for (const GlobalService& service : mesh.services) {
    const std::string& name = service.kube_namespace;
    const bool always_there = name == "default" || name == "kube-system" || name == "kube-public";
    if ((always_there && !annotate) || !seen.insert(name).second) continue;
    object meta{{"name", name}};
    if (annotate) meta["annotations"] = object{{"clustermesh.cilium.io/global", "true"}};
    objects.push_back({{"apiVersion", "v1"}, {"kind", "Namespace"}, {"metadata", std::move(meta)}});
  }
  return objects;
}

std::vector<object> service_manifests(const GlobalService& service, const Cluster& cluster) {
  std::vector<object> objects;
  if (service.sample) objects.push_back(config_map(service, cluster));
  objects.push_back(service_object(service));
  if (service.exported_by == GlobalService::Export::mcs && service.shared) {
    objects.push_back(service_export(service));
  }
  if (service.sample) objects.push_back(deployment(service));
  return objects;
}

std::vector<object> manifests(const Mesh& mesh, const Cluster& cluster) {
  std::vector<object> objects = namespace_manifests(mesh, cluster);
  for (const GlobalService& service : mesh.services) {
    for (object& item : service_manifests(service.in_cluster(cluster.name), cluster)) {
      objects.push_back(std::move(item));
    }
  }
  for (object& item : ingress_manifests(mesh)) objects.push_back(std::move(item));
  return objects;
}

}  // namespace meshdrill::mesh
