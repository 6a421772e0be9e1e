// The steps of a runbook that differ from fault to fault: what is changed, how one sees it, how it is put
// back.
#include "base/text.hpp"
#include "drill/plan/runbook_parts.hpp"

namespace meshdrill::drill {

void Runbook::fault() {
  line("## 3. The fault");
  blank();
  line("Leave the probe running in another terminal. Write down what stands there now, and its uid:");
  list_objects();
  line("Then, for each object of that list (`NAME`, kind and all):");
  command(fault_command());
  line("{}", effect());
  expectations(Phase::fail);
}

std::string Runbook::workload_ns() const {
  const Fault::Kind kind = scenario_.fault.kind;
  if (scenario_.fault.workload) return scenario_.fault.workload->object.ns;
  if (kind == Fault::Kind::control_plane) return mesh_.cilium.kube_namespace;
  if (kind == Fault::Kind::ingress_controller && mesh_.ingress) return mesh_.ingress->kube_namespace;
  if (!scenario_.target.workloads.empty()) return scenario_.target.workloads.front().object.ns;
  if (!scenario_.target.selector.empty()) return scenario_.target.selector_namespace;
  return service_ns();
}

void Runbook::list_objects() {
  const std::string ns = shell_quote(workload_ns());
  const std::string kinds = "deployments,statefulsets,daemonsets";
  const Fault& fault = scenario_.fault;
  const Target& target = scenario_.target;
  if (fault.kind == Fault::Kind::unshare) {
    command(at_target(fmt::format("-n {} get service {} -o yaml | grep service.cilium.io/shared", ns,
                                  shell_quote(target.service.name))));
  } else if (fault.workload) {
    command(at_target(
        fmt::format("-n {} get {} {} -o wide", ns, kinds, shell_quote(fault.workload->object.name))));
  } else if (fault.kind == Fault::Kind::control_plane) {
    command(at_target(fmt::format("-n {} get deployment clustermesh-apiserver -o wide", ns)));
  } else if (fault.kind == Fault::Kind::ingress_controller) {
    command(
        at_target(fmt::format("-n {} get {} -o wide -l app.kubernetes.io/name=ingress-nginx,"
                              "app.kubernetes.io/component=controller",
                              ns, kinds)));
  } else if (!target.selector.empty()) {
    command(at_target(fmt::format("-n {} get {} -o wide -l {}", ns, kinds, shell_quote(target.selector))));
  } else if (!target.workloads.empty()) {
    for (const WorkloadName& name : target.workloads)
      command(at_target(fmt::format("-n {} get {} {} -o wide", shell_quote(name.object.ns),
                                    name.kind.empty() ? "deployment,statefulset" : name.kind,
                                    shell_quote(name.object.name))));
  } else {
    line("Every workload whose Pods the Service's selector takes:");
    command(at_target(fmt::format("-n {} get {} -o wide", ns, kinds)));
  }
}

std::string Runbook::fault_command() const {
  const std::string ns = shell_quote(workload_ns());
  const Fault& fault = scenario_.fault;
  switch (fault.kind) {
    case Fault::Kind::unshare:
      return at_target(fmt::format("-n {} annotate service/{} service.cilium.io/shared=false --overwrite", ns,
                                   shell_quote(scenario_.target.service.name)));
    case Fault::Kind::delete_pods:
      return at_target(fmt::format("-n {} delete pods --wait=false POD…   # {} of the Pods of NAME", ns,
                                   to_string(fault.amount)));
    case Fault::Kind::scale:
      return at_target(
          fmt::format("-n {} scale NAME --current-replicas=WHAT_YOU_WROTE_DOWN --replicas={}", ns,
                      fault.amount.share ? fmt::format("{}_OF_IT_ROUNDED_UP", to_string(fault.amount))
                                         : to_string(fault.amount)));
    case Fault::Kind::ingress_controller:
    case Fault::Kind::control_plane:
    case Fault::Kind::none:
      break;
  }
  return at_target(fmt::format("-n {} scale NAME --current-replicas=WHAT_YOU_WROTE_DOWN --replicas=0", ns));
}

std::string Runbook::effect() const {
  switch (scenario_.fault.kind) {
    case Fault::Kind::scale:
      return scenario_.fault.silences_target() ? "It is proved once the target's EndpointSlices have no "
                                                 "ready endpoint, and its last answer is a "
                                                 "second old."
                                               : "It is proved once the target's EndpointSlices have no "
                                                 "more ready endpoints than replicas are left.";
    case Fault::Kind::unshare:
      return "It is proved once no answer to the other clusters' ingress addresses comes from the target; "
             "its own "
             "ingress keeps its own Pods.";
    case Fault::Kind::ingress_controller:
      return "It is proved once the controller has no ready Pod and the target's ingress addresses answer "
             "no more. A "
             "DaemonSet cannot be scaled: give it a node selector that no node has, and take that away "
             "again.";
    case Fault::Kind::control_plane:
      return "It is proved once clustermesh-apiserver has no ready Pod.";
    case Fault::Kind::delete_pods:
    case Fault::Kind::none:
      break;
  }
  return "It is proved once those Pods are gone.";
}

void Runbook::restore() {
  const std::string ns = shell_quote(workload_ns());
  const Fault::Kind kind = scenario_.fault.kind;
  line("## 5. Restore");
  blank();
  line(
      "Whatever happened. Only where the value is still the one that you wrote, on an object with the same "
      "uid: "
      "anything else is somebody else's, to be asked about and not overwritten.");
  if (kind == Fault::Kind::unshare) {
    const std::string service = shell_quote(scenario_.target.service.name);
    command(at_target(fmt::format("-n {} annotate service/{} service.cilium.io/shared-", ns, service)) +
            "   # or =VALUE_YOU_WROTE_DOWN --overwrite");
  } else if (kind == Fault::Kind::delete_pods) {
    line("There is nothing to write: their controller makes new ones.");
  } else {
    command(at_target(fmt::format("-n {} scale NAME --current-replicas={} --replicas=WHAT_YOU_WROTE_DOWN", ns,
                                  kind == Fault::Kind::scale ? "WHAT_YOU_SET" : "0")));
  }
  if (kind != Fault::Kind::unshare) command(at_target(fmt::format("-n {} rollout status NAME", ns)));
  line("Wait at most {}.", format_duration(scenario_.phases.restore));
  blank();
  expectations(Phase::restore);
  if (scenario_.ownership == Ownership::hand_back && kind != Fault::Kind::delete_pods) {
    line(
        "Whoever applies the object with server-side apply (Helm 4, Flux) may meet a conflict with "
        "`kubectl` at the "
        "next change of this field; compare `kubectl get NAME -o yaml --show-managed-fields` with before.");
    blank();
  }
}

}  // namespace meshdrill::drill
