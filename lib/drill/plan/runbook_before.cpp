// What a runbook has looked at before anything is changed.
#include "base/text.hpp"
#include "drill/plan/runbook_parts.hpp"
#include "drill/safety/record.hpp"

namespace meshdrill::drill {

void Runbook::before() {
  line("## 1. Before");
  blank();
  line("Every context is another cluster: these must all differ.");
  for (const mesh::Cluster& cluster : mesh_.clusters)
    command(kubectl(cluster.context, "get namespace kube-system -o jsonpath='{.metadata.uid}{\"\\n\"}'"));
  limits();
  line("Nobody else is drilling: the Lease, if there is one, has no holder and no annotation `{}`.",
       record_annotation);
  for (const mesh::Cluster& cluster : mesh_.clusters)
    command(kubectl(cluster.context, fmt::format("-n {} get lease {} -o yaml --ignore-not-found",
                                                 lease_namespace, lease_name)));
  survivors();
  owners();
  blank();
}

void Runbook::limits() {
  const Guards& guards = scenario_.guards;
  if (!guards.environment.empty()) {
    line("The target says that it is `{}`.", guards.environment);
    command(at_target(fmt::format("get namespace kube-system -o yaml | grep {}", environment_annotation)));
  }
  if (!guards.windows.empty()) {
    line("It is now within one of these (UTC), and stays so for {}:", format_duration(guards.deadline));
    for (const Window& window : guards.windows) line("- {}", window.text);
    command("date -u");
  }
  if (guards.require_opt_in)
    line("Every object that you change carries the annotation `{}: allowed`.", opt_in_annotation);
}

void Runbook::survivors() {
  const Target& target = scenario_.target;
  if (target.ingress) {
    line("Which Services the Ingress leads to:");
    command(at_target(fmt::format("-n {} get ingress {} -o yaml", shell_quote(target.ingress->ns),
                                  shell_quote(target.ingress->name))));
    line("For each of them in place of `SERVICE`:");
  }
  const std::string name = target.ingress ? "SERVICE" : shell_quote(target.service.name);
  line(
      "The Service is global (`service.cilium.io/global: \"true\"`) in every cluster, and the others have "
      "at least "
      "{} ready endpoints together.",
      floor_text());
  for (const mesh::Cluster& cluster : mesh_.clusters) {
    const std::string ns = shell_quote(service_ns());
    command(kubectl(cluster.context, fmt::format("-n {} get service {} -o yaml", ns, name)) + "\n" +
            kubectl(cluster.context,
                    fmt::format(
                        "-n {} get endpointslices -l kubernetes.io/service-name={},"
                        "'endpointslice.kubernetes.io/managed-by!=endpointslice-mesh-controller.cilium.io'",
                        ns, name)));
  }
}

void Runbook::owners() {
  const Fault::Kind kind = scenario_.fault.kind;
  if (kind == Fault::Kind::none || kind == Fault::Kind::unshare || kind == Fault::Kind::delete_pods) return;
  line(
      "Nobody else sets the replicas: no autoscaler names the workload, and its labels and annotations "
      "show no "
      "Argo CD (`argocd.argoproj.io/…`) or Flux (`…toolkit.fluxcd.io/…`).");
  command(at_target(fmt::format("-n {} get hpa,scaledobjects", shell_quote(workload_ns()))));
}

}  // namespace meshdrill::drill
