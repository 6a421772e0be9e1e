#include "drill/verdict/fault_class.hpp"

#include <fmt/format.h>

namespace meshdrill::drill {
namespace {

// The control plane of a dead cluster behaves otherwise: its backends are kept (cilium/cilium#19217, #41643).
constexpr const char* cluster_loss =
    "that the mesh survives the loss of a whole cluster, of its control plane or of its network: backends of "
    "a "
    "cluster that cannot be reached stay in use unless clustermesh.cacheTTL revokes them";
constexpr const char* one_vantage =
    "what clients elsewhere see: this was measured from one host, with its resolver";
constexpr const char* workload_loss = "that another cluster takes over when the workload here is lost";

}  // namespace

std::string fault_class(const Fault& fault) {
  switch (fault.kind) {
    case Fault::Kind::none:
      return "none";
    case Fault::Kind::scale:
      return fault.silences_target() ? "workload loss" : "partial workload loss";
    case Fault::Kind::unshare:
      return "service unshared";
    case Fault::Kind::ingress_controller:
      return "ingress loss";
    case Fault::Kind::control_plane:
      return "control-plane loss";
    case Fault::Kind::delete_pods:
      break;
  }
  return "Pod loss";
}

std::string what_happened(const History& history) {
  const std::string& target = history.target();
  const std::string service = to_string(history.scenario.target.service);
  switch (history.scenario.fault.kind) {
    case Fault::Kind::none:
      return fmt::format("{} was asked and nothing was changed", service);
    case Fault::Kind::scale:
      return history.target_silenced() ? fmt::format("{} of {} was away", service, target)
                                       : fmt::format("{} of {} had {} of its replicas", service, target,
                                                     to_string(history.scenario.fault.amount));
    case Fault::Kind::unshare:
      return fmt::format("{} of {} was not shared", service, target);
    case Fault::Kind::ingress_controller:
      return fmt::format("the ingress of {} was away", target);
    case Fault::Kind::control_plane:
      return fmt::format("the clustermesh-apiserver of {} was away", target);
    case Fault::Kind::delete_pods:
      break;
  }
  return fmt::format("Pods of {} were deleted", target);
}

std::vector<std::string> not_proved(const Fault& fault) {
  switch (fault.kind) {
    case Fault::Kind::none:
      return {workload_loss, cluster_loss, one_vantage};
    case Fault::Kind::scale:
      if (fault.silences_target()) return {cluster_loss, one_vantage};
      return {workload_loss, cluster_loss, one_vantage};
    case Fault::Kind::unshare:
      return {"that connections which were open leave the cluster: they go on until one end closes them",
              workload_loss, cluster_loss, one_vantage};
    case Fault::Kind::ingress_controller:
      return {
          "that DNS stops naming an ingress that is gone: clients that are sent there fail until it does, "
          "and "
          "expect.hold.clientErrors judges them",
          workload_loss, cluster_loss, one_vantage};
    case Fault::Kind::control_plane:
      return {
          "that changes still reach the other clusters: with their clustermesh-apiserver away they keep what "
          "they knew, and this drill changed no backends meanwhile",
          "that agents restarted in that time know the other clusters' backends", workload_loss,
          "that the mesh survives the loss of a whole cluster or of its network", one_vantage};
    case Fault::Kind::delete_pods:
      break;
  }
  return {"that Pods which do not come back are made up for: these did", workload_loss, cluster_loss,
          one_vantage};
}

}  // namespace meshdrill::drill
