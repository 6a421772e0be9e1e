#include "lab/api/table_columns.hpp"

#include "lab/api/json_access.hpp"
#include "lab/api/table_cells.hpp"

#include <utility>

namespace meshdrill::lab {

namespace {

using Cell = std::function<boost::json::value(const Object&)>;

Column wide(Column column) {
  column.wide = true;
  return column;
}

Column text(std::string_view name, Path path, std::string fallback = "<none>") {
  const std::vector<std::string> keys(path.begin(), path.end());
  return {.name = name, .cell = [keys, fallback = std::move(fallback)](const Object& object) {
            return cells::text(object, keys, fallback);
          }};
}

Column number(std::string_view name, Path path) {
  const std::vector<std::string> keys(path.begin(), path.end());
  return {.name = name,
          .cell = [keys](const Object& object) { return cells::number(object, keys); },
          .number = true};
}

Column column(std::string_view name, Cell cell) {
  return {.name = name, .cell = std::move(cell)};
}

Column name_column() {
  return {.name = "Name", .cell = {}};
}
Column age_column() {
  return {.name = "Age", .cell = {}};
}

Columns workload_columns(std::string_view kind) {
  const Column containers = wide(column("Containers", cells::container_names));
  const Column images = wide(column("Images", cells::container_images));
  const Column selector = wide(column("Selector", cells::match_labels));
  if (kind == "Deployment") {
    return {name_column(),
            column("Ready", cells::ready_of_wanted),
            number("Up-to-date", {"status", "updatedReplicas"}),
            number("Available", {"status", "availableReplicas"}),
            age_column(),
            containers,
            images,
            selector};
  }
  if (kind == "ReplicaSet") {
    return {name_column(),
            number("Desired", {"spec", "replicas"}),
            number("Current", {"status", "replicas"}),
            number("Ready", {"status", "readyReplicas"}),
            age_column(),
            containers,
            images,
            selector};
  }
  return {name_column(), column("Ready", cells::ready_of_wanted), age_column(), containers, images};
}

Columns pod_columns() {
  return {name_column(),
          column("Ready", cells::pod_ready),
          column("Status", cells::pod_status),
          column("Restarts", cells::pod_restarts),
          age_column(),
          wide(text("IP", {"status", "podIP"})),
          wide(text("Node", {"spec", "nodeName"})),
          wide(text("Nominated Node", {"status", "nominatedNodeName"})),
          wide(column("Readiness Gates", [](const Object&) { return "<none>"; }))};
}

Columns network_columns(std::string_view kind) {
  if (kind == "Service") {
    return {name_column(),
            text("Type", {"spec", "type"}),
            text("Cluster-IP", {"spec", "clusterIP"}),
            column("External-IP", cells::external_ip),
            column("Port(s)", cells::service_ports),
            age_column(),
            wide(column("Selector", cells::selector))};
  }
  if (kind == "EndpointSlice") {
    return {name_column(), text("AddressType", {"addressType"}), column("Ports", cells::slice_ports),
            column("Endpoints", cells::slice_endpoints), age_column()};
  }
  if (kind == "Endpoints") return {name_column(), column("Endpoints", cells::endpoints), age_column()};
  if (kind == "IngressClass") {
    return {name_column(), text("Controller", {"spec", "controller"}),
            text("Parameters", {"spec", "parameters", "name"}), age_column()};
  }
  return {name_column(),
          text("Class", {"spec", "ingressClassName"}),
          column("Hosts", cells::ingress_hosts),
          column("Address", cells::load_balancer),
          column("Ports", cells::ingress_ports),
          age_column()};
}

Columns node_columns() {
  return {name_column(),
          column("Status", cells::node_status),
          column("Roles", cells::node_roles),
          age_column(),
          text("Version", {"status", "nodeInfo", "kubeletVersion"}, ""),
          wide(column("Internal-IP", cells::internal_ip)),
          wide(column("External-IP", [](const Object&) { return "<none>"; })),
          wide(text("OS-Image", {"status", "nodeInfo", "osImage"}, "<unknown>")),
          wide(text("Kernel-Version", {"status", "nodeInfo", "kernelVersion"}, "<unknown>")),
          wide(text("Container-Runtime", {"status", "nodeInfo", "containerRuntimeVersion"}, "<unknown>"))};
}

Columns autoscaler_columns() {
  return {name_column(),
          column("Reference", cells::scale_target),
          column("Targets", cells::scale_metrics),
          number("MinPods", {"spec", "minReplicas"}),
          number("MaxPods", {"spec", "maxReplicas"}),
          number("Replicas", {"status", "currentReplicas"}),
          age_column()};
}

Columns event_columns() {
  return {column("Last Seen", cells::event_age), text("Type", {"type"}), text("Reason", {"reason"}),
          column("Object", cells::event_object), column("Message", cells::event_message)};
}

}  // namespace

Columns columns_of(const ResourceType& type) {
  const std::string_view kind = type.kind;
  if (kind == "Pod") return pod_columns();
  if (kind == "Deployment" || kind == "ReplicaSet" || kind == "StatefulSet") return workload_columns(kind);
  if (kind == "Service" || kind == "EndpointSlice" || kind == "Endpoints" || kind == "Ingress" ||
      kind == "IngressClass") {
    return network_columns(kind);
  }
  if (kind == "Node") return node_columns();
  if (kind == "HorizontalPodAutoscaler") return autoscaler_columns();
  if (kind == "Event") return event_columns();
  if (kind == "Namespace") return {name_column(), text("Status", {"status", "phase"}), age_column()};
  if (kind == "ConfigMap") return {name_column(), column("Data", cells::data_count), age_column()};
  if (kind == "Secret")
    return {name_column(), text("Type", {"type"}), column("Data", cells::data_count), age_column()};
  if (kind == "Lease") return {name_column(), text("Holder", {"spec", "holderIdentity"}, ""), age_column()};
  if (kind == "PodDisruptionBudget") {
    return {name_column(), column("Min Available", cells::min_available),
            column("Max Unavailable", cells::max_unavailable),
            number("Allowed Disruptions", {"status", "disruptionsAllowed"}), age_column()};
  }
  return {name_column(), age_column()};
}

}  // namespace meshdrill::lab
