// What a lab cluster holds before anything is applied to it: its nodes and its ingress controller.
#pragma once

#include "lab/api/object_store.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace meshdrill::lab {

struct ClusterFacts {
  std::string name;
  std::vector<std::string> node_addresses;  // the second node is the one for the ingress
  std::string ingress_address;
  int ingress_port = 80;
  std::string ingress_class = "nginx";
  std::string ingress_namespace = "ingress-nginx";
  std::string ingress_controller = "ingress-nginx-controller";  // its Deployment and its Service
  std::string cilium_namespace = "kube-system";
};

// The labels of the Pods of the ingress controller, and of clustermesh-apiserver in Cilium's namespace: the
// lab does their work itself, for as long as there is a ready one.
Object ingress_controller_labels();
Object mesh_apiserver_labels();

// A Deployment of one replica; the labels are its own, its selector's and its Pods'.
Object deployment(std::string_view ns, std::string_view name, Object labels, Object pod_spec);

// The name of one of its nodes, which count from 0.
std::string node_name(const ClusterFacts& facts, std::size_t index);

// In the order in which to apply them. A status is not applied with an object; see write_statuses().
std::vector<Object> initial_objects(const ClusterFacts& facts);

// The statuses of the nodes and of the ingress' LoadBalancer Service.
void write_statuses(ObjectStore& store, const ClusterFacts& facts);

}  // namespace meshdrill::lab
