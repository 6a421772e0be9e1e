#include "lab/controllers/cluster_objects.hpp"

#include "lab/api/object_fields.hpp"

#include <fmt/format.h>

namespace meshdrill::lab {
namespace {

namespace json = boost::json;

Object namespace_object(std::string_view name) {
  return Object{{"apiVersion", "v1"}, {"kind", "Namespace"}, {"metadata", Object{{"name", name}}}};
}

Object node_object(const ClusterFacts& facts, std::size_t index) {
  Object labels{{"kubernetes.io/hostname", node_name(facts, index)}, {"kubernetes.io/os", "linux"}};
  if (index == 1) labels["role"] = "ingress";
  return Object{{"apiVersion", "v1"},
                {"kind", "Node"},
                {"metadata", Object{{"name", node_name(facts, index)}, {"labels", std::move(labels)}}},
                {"spec", Object{}}};
}

Object ingress_class(const ClusterFacts& facts) {
  return Object{{"apiVersion", "networking.k8s.io/v1"},
                {"kind", "IngressClass"},
                {"metadata", Object{{"name", facts.ingress_class}}},
                {"spec", Object{{"controller", "k8s.io/ingress-nginx"}}}};
}

Object ingress_service(const ClusterFacts& facts) {
  const Object port{{"name", "http"},
                    {"protocol", "TCP"},
                    {"port", facts.ingress_port},
                    {"targetPort", facts.ingress_port}};
  return Object{
      {"apiVersion", "v1"},
      {"kind", "Service"},
      {"metadata", Object{{"name", facts.ingress_controller}, {"namespace", facts.ingress_namespace}}},
      {"spec", Object{{"type", "LoadBalancer"},
                      {"selector", ingress_controller_labels()},
                      {"ports", json::array{port}}}}};
}

// On the host's network: the lab listens at the ingress address itself, so nothing runs in its Pod.
Object ingress_controller(const ClusterFacts& facts) {
  const Object port{{"name", "http"}, {"containerPort", facts.ingress_port}};
  const Object container{{"name", "controller"},
                         {"image", "registry.k8s.io/ingress-nginx/controller:v1.14.5"},
                         {"ports", json::array{port}}};
  const Object pod{{"hostNetwork", true},
                   {"nodeSelector", Object{{"role", "ingress"}}},
                   {"containers", json::array{container}}};
  return deployment(facts.ingress_namespace, facts.ingress_controller, ingress_controller_labels(), pod);
}

Object node_status(const ClusterFacts& facts, std::size_t index) {
  const std::string now = timestamp_now();
  const Object ready{{"type", "Ready"},          {"status", "True"},
                     {"reason", "KubeletReady"}, {"message", "kubelet is posting ready status"},
                     {"lastHeartbeatTime", now}, {"lastTransitionTime", now}};
  const Object internal{{"type", "InternalIP"}, {"address", facts.node_addresses[index]}};
  const Object hostname{{"type", "Hostname"}, {"address", node_name(facts, index)}};
  return Object{{"addresses", json::array{internal, hostname}},
                {"conditions", json::array{ready}},
                {"capacity", Object{{"cpu", "2"}, {"memory", "4Gi"}, {"pods", "110"}}},
                {"allocatable", Object{{"cpu", "2"}, {"memory", "4Gi"}, {"pods", "110"}}},
                {"nodeInfo", Object{{"kubeletVersion", "v1.32.4"},
                                    {"osImage", "meshdrill lab"},
                                    {"operatingSystem", "linux"},
                                    {"architecture", "amd64"}}}};
}

}  // namespace

Object deployment(std::string_view ns, std::string_view name, Object labels, Object pod_spec) {
  return Object{{"apiVersion", "apps/v1"},
                {"kind", "Deployment"},
                {"metadata", Object{{"name", name}, {"namespace", ns}, {"labels", labels}}},
                {"spec", Object{{"replicas", 1},
                                {"selector", Object{{"matchLabels", labels}}},
                                {"template", Object{{"metadata", Object{{"labels", labels}}},
                                                    {"spec", std::move(pod_spec)}}}}}};
}

Object ingress_controller_labels() {
  return Object{{"app.kubernetes.io/name", "ingress-nginx"}, {"app.kubernetes.io/component", "controller"}};
}

Object mesh_apiserver_labels() {
  return Object{{"k8s-app", "clustermesh-apiserver"}, {"app.kubernetes.io/part-of", "cilium"}};
}

std::string node_name(const ClusterFacts& facts, std::size_t index) {
  return fmt::format("{}-node-{}", facts.name, index);
}

std::vector<Object> initial_objects(const ClusterFacts& facts) {
  std::vector<Object> objects = {namespace_object("kube-public"), namespace_object("kube-node-lease"),
                                 namespace_object(facts.ingress_namespace)};
  if (facts.cilium_namespace != "kube-system") objects.push_back(namespace_object(facts.cilium_namespace));
  for (std::size_t i = 0; i < facts.node_addresses.size(); ++i) objects.push_back(node_object(facts, i));
  objects.push_back(ingress_class(facts));
  objects.push_back(ingress_service(facts));
  objects.push_back(ingress_controller(facts));
  return objects;
}

void write_statuses(ObjectStore& store, const ClusterFacts& facts) {
  for (std::size_t i = 0; i < facts.node_addresses.size(); ++i) {
    static_cast<void>(store.modify("nodes", {}, node_name(facts, i),
                                   [&](Object& node) { node["status"] = node_status(facts, i); }));
  }
  static_cast<void>(
      store.modify("services", facts.ingress_namespace, facts.ingress_controller, [&](Object& service) {
        const Object address{{"ip", facts.ingress_address}};
        object_at(service, {"status", "loadBalancer"})["ingress"] = json::array{address};
      }));
}

}  // namespace meshdrill::lab
