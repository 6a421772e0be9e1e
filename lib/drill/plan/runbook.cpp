#include "drill/plan/runbook.hpp"

#include "base/text.hpp"
#include "drill/safety/record.hpp"
#include "drill/verdict/fault_class.hpp"

#include <fmt/format.h>

namespace meshdrill::drill {
namespace {

class Runbook {
 public:
  Runbook(const Scenario& scenario, const mesh::Mesh& mesh, const std::string& drill_file)
      : scenario_(scenario), mesh_(mesh), drill_file_(drill_file) {
    for (const mesh::Cluster& cluster : mesh.clusters) {
      if (cluster.name == scenario.target.cluster) context_ = cluster.context;
    }
  }

  std::string text() {
    head();
    before();
    if (scenario_.fault.kind == Fault::Kind::none) {
      steady_state();
      end();
      return std::move(text_);
    }
    steady_state();
    fault();
    hold();
    restore();
    recovered();
    end();
    return std::move(text_);
  }

 private:
  template <class... Arguments>
  void line(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
    text_ += fmt::format(format, std::forward<Arguments>(arguments)...) + "\n";
  }
  void blank() { text_ += "\n"; }
  void command(const std::string& command) { text_ += "```sh\n" + command + "\n```\n"; }

  [[nodiscard]] std::string kubectl(const std::string& context, const std::string& rest) const {
    return fmt::format("kubectl --context {} {}", shell_quote(context), rest);
  }
  [[nodiscard]] std::string at_target(const std::string& rest) const { return kubectl(context_, rest); }
  [[nodiscard]] std::string service_ns() const {
    const Target& target = scenario_.target;
    return target.ingress ? target.ingress->ns : target.service.ns;
  }
  [[nodiscard]] std::string url() const {
    return scenario_.traffic.url.empty() ? mesh::url(mesh_) : scenario_.traffic.url;
  }

  void head() {
    line("# Drill {}: {} of {}", scenario_.name, fault_class(scenario_.fault), scenario_.target.cluster);
    blank();
    if (!scenario_.description.empty()) line("{}\n", scenario_.description);
    if (!scenario_.runbook.empty()) line("More about it: {}\n", scenario_.runbook);
    line("This is what `meshdrill drill run {}` does, to be done by hand.", shell_quote(drill_file_));
    line("{}", scenario_.fault.kind == Fault::Kind::none ? "It changes nothing."
                                                         : "Write down every value that a step asks for: the "
                                                           "restore puts back what was found, nothing else.");
    blank();
    line("| cluster | context | role |");
    line("|---|---|---|");
    for (const mesh::Cluster& cluster : mesh_.clusters) {
      line("| {} | {} | {} |", cluster.name, cluster.context,
           cluster.name == scenario_.target.cluster ? "target" : "must take over");
    }
    blank();
    const bool changes = scenario_.fault.kind != Fault::Kind::none;
    line("{}", changes ? "Stop and go to *Restore* at once when:" : "Stop at once when:");
    blank();
    const Guards& guards = scenario_.guards;
    line("- {} have passed since the first step,", format_duration(guards.deadline));
    for (const AbortRule& rule : guards.abort_if)
      line("- more than {:g} % of the requests fail over {},", rule.errors * 100, format_duration(rule.over));
    line("- the other clusters have fewer than {} ready endpoints together{}", floor_text(),
         changes ? "," : ".");
    if (changes) line("- somebody else changes what you changed.");
    blank();
  }

  [[nodiscard]] std::string floor_text() const {
    const Amount& floor = scenario_.guards.min_ready_elsewhere;
    return floor.share ? fmt::format("{} of the target's", to_string(floor)) : to_string(floor);
  }

  void before() {
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

  void limits() {
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

  void survivors() {
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

  void owners() {
    const Fault::Kind kind = scenario_.fault.kind;
    if (kind == Fault::Kind::none || kind == Fault::Kind::unshare || kind == Fault::Kind::delete_pods) return;
    line(
        "Nobody else sets the replicas: no autoscaler names the workload, and its labels and annotations "
        "show no "
        "Argo CD (`argocd.argoproj.io/…`) or Flux (`…toolkit.fluxcd.io/…`).");
    command(at_target(fmt::format("-n {} get hpa,scaledobjects", shell_quote(workload_ns()))));
  }

  void steady_state() {
    line("## 2. The steady state");
    blank();
    line("For {}, ask each ingress address and the name itself, {:g} times a second each:",
         format_duration(scenario_.phases.baseline), scenario_.traffic.rate);
    probe();
    expectations(Phase::baseline);
    if (scenario_.fault.kind != Fault::Kind::none)
      line("If this does not hold, stop here: nothing was changed.");
    blank();
  }

  void probe() {
    std::string servers;
    for (const std::string& server : scenario_.traffic.dns_servers)
      servers += " --dns-server " + shell_quote(server);
    command(
        fmt::format("meshdrill probe {} --rate {:g}{}", shell_quote(url()), scenario_.traffic.rate, servers));
  }

  void expectations(Phase phase) {
    const Expectation& expect = scenario_.expected(phase);
    line("Expected:");
    blank();
    if (expect.min_samples) line("- at least {} requests were sent", *expect.min_samples);
    if (expect.every_cluster_seen)
      line("- every cluster {}answered",
           phase == Phase::hold && scenario_.fault.silences_target() ? "but the target " : "");
    for (const std::string& name : expect.survivors) line("- {} answered", name);
    if (expect.balance)
      line("- behind each address, the shares of connections follow the ready endpoints within {:g} points",
           expect.balance->tolerance * 100);
    if (expect.target_share)
      line("- at most {:g} % of the answers came from the target", *expect.target_share * 100);
    if (expect.errors) line("- at most {:g} % of the requests failed", *expect.errors * 100);
    if (expect.client_errors)
      line("- at most {:g} % of the requests that follow DNS failed", *expect.client_errors * 100);
    if (expect.outage) line("- no outage was longer than {}", format_duration(*expect.outage));
    if (expect.latency_p50)
      line("- the median latency is at most {:g} times that of before", *expect.latency_p50);
    if (expect.latency_p99)
      line("- the P99 latency is at most {:g} times that of before", *expect.latency_p99);
    times(expect);
    blank();
  }

  void times(const Expectation& expect) {
    const auto within = [&](const std::optional<Duration>& limit, const char* what) {
      if (limit) line("- {} within {}", what, format_duration(*limit));
    };
    within(expect.effect_within, "the effect shows in the API");
    within(expect.drained_within, "the last answer of the target comes");
    within(expect.ready_within, "the Pods are ready again");
    within(expect.seen_within, "the target answers again");
  }

  void fault() {
    line("## 3. The fault");
    blank();
    line("Leave the probe running in another terminal. Write down what stands there now, and its uid:");
    list_objects();
    line("Then, for each object of that list (`NAME`, kind and all):");
    command(fault_command());
    line("{}", effect());
    expectations(Phase::fail);
  }

  [[nodiscard]] std::string workload_ns() const {
    const Fault::Kind kind = scenario_.fault.kind;
    if (scenario_.fault.workload) return scenario_.fault.workload->object.ns;
    if (kind == Fault::Kind::control_plane) return mesh_.cilium.kube_namespace;
    if (kind == Fault::Kind::ingress_controller && mesh_.ingress) return mesh_.ingress->kube_namespace;
    if (!scenario_.target.workloads.empty()) return scenario_.target.workloads.front().object.ns;
    if (!scenario_.target.selector.empty()) return scenario_.target.selector_namespace;
    return service_ns();
  }

  void list_objects() {
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

  [[nodiscard]] std::string fault_command() const {
    const std::string ns = shell_quote(workload_ns());
    const Fault& fault = scenario_.fault;
    switch (fault.kind) {
      case Fault::Kind::unshare:
        return at_target(fmt::format("-n {} annotate service/{} service.cilium.io/shared=false --overwrite",
                                     ns, shell_quote(scenario_.target.service.name)));
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

  [[nodiscard]] std::string effect() const {
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

  void hold() {
    line("## 4. While it lasts");
    blank();
    line("For {}, watch the probe.", format_duration(scenario_.phases.hold));
    blank();
    expectations(Phase::hold);
  }

  void restore() {
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
      command(at_target(fmt::format("-n {} scale NAME --current-replicas={} --replicas=WHAT_YOU_WROTE_DOWN",
                                    ns, kind == Fault::Kind::scale ? "WHAT_YOU_SET" : "0")));
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

  void recovered() {
    line("## 6. As it was");
    blank();
    line("For {}, watch the probe, then end it.", format_duration(scenario_.phases.recovered));
    blank();
    expectations(Phase::recovered);
  }

  void end() {
    line("## What this does not prove");
    blank();
    for (const std::string& sentence : not_proved(scenario_.fault)) line("- {}", sentence);
  }

  const Scenario& scenario_;
  const mesh::Mesh& mesh_;
  std::string drill_file_;
  std::string context_;
  std::string text_;
};

}  // namespace

std::string write_runbook(const Scenario& scenario, const mesh::Mesh& mesh, const std::string& drill_file) {
  return Runbook{scenario, mesh, drill_file}.text();
}

}  // namespace meshdrill::drill
