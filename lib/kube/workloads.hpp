// Deployments and the Services in front of them, as far as a drill needs to know them.
#pragma once

#include "kube/client.hpp"
#include "kube/resource.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

namespace meshdrill::kube {

using Labels = std::map<std::string, std::string>;

// One entry of metadata.managedFields that holds spec.replicas: who would object to another value.
struct ReplicasManager {
  std::string manager;      // "helm", "kubectl-client-side-apply", …
  std::string operation;    // Apply or Update
  std::string subresource;  // "scale" or empty
  std::string time;         // RFC 3339, as the API gave it

  bool operator==(const ReplicasManager&) const = default;
};

struct Deployment {
  std::string namespace_name;
  std::string name;
  std::string uid;
  std::string resource_version;
  std::int64_t generation = 0;
  Labels labels;
  Labels annotations;

  int replicas = 1;     // spec.replicas; absent means 1
  Labels match_labels;  // spec.selector.matchLabels
  Labels pod_labels;    // spec.template.metadata.labels

  // Of the status; absent means 0.
  std::int64_t observed_generation = 0;
  int current_replicas = 0;
  int updated_replicas = 0;
  int ready_replicas = 0;
  int available_replicas = 0;

  std::vector<ReplicasManager> replicas_managers;
  boost::json::array managed_fields;  // as the API gave them, for handing ownership back

  // The controller has seen the present spec and all its Pods are there, up to date and available.
  [[nodiscard]] bool rolled_out() const;
  [[nodiscard]] ObjectRef reference() const;
};

struct Service {
  std::string namespace_name;
  std::string name;
  std::string uid;
  std::string resource_version;
  Labels annotations;
  Labels selector;  // empty: its endpoints are made by somebody else
  bool publish_not_ready_addresses = false;
};

// Each from the API's JSON; absent fields take the API's defaults.
Deployment parse_deployment(const boost::json::value& object);
Service parse_service(const boost::json::value& object);

Task<ApiResult<Deployment>> read_deployment(Client& client, ObjectRef deployment);
Task<ApiResult<Service>> read_service(Client& client, ObjectRef service);

// `label_selector` as the API takes it; empty lists all. An empty namespace lists the whole cluster.
Task<ApiResult<std::vector<Deployment>>> list_deployments(Client& client, std::string namespace_name,
                                                          std::string label_selector);

// Whether every label of `selector` is in `labels`. An empty selector matches nothing, as in a Service.
bool selects(const Labels& selector, const Labels& labels);

// The Deployments of the Service's namespace whose Pods its selector takes, by name: those with 0 replicas
// too, because a drill that restores must see them. Empty when the Service has no selector.
Task<ApiResult<std::vector<Deployment>>> deployments_behind(Client& client, Service service);

}  // namespace meshdrill::kube
