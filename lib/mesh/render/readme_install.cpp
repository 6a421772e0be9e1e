// From the Helm repositories to a connected mesh.
#include "base/text.hpp"
#include "mesh/cilium_version.hpp"
#include "mesh/render/readme.hpp"
#include "mesh/render/render.hpp"
#include "mesh/render/render_parts.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace meshdrill::mesh {
namespace {

std::string joined(const std::vector<LocatedPrefix>& prefixes) {
  std::vector<std::string> words;
  for (const LocatedPrefix& item : prefixes) words.push_back(to_string(item.prefix));
  return fmt::format("{}", fmt::join(words, ", "));
}

// "1.18.0", or "1.18.0 and 1.19.6" while one cluster goes ahead.
std::string versions_of(const Mesh& mesh) {
  std::vector<std::string> versions;
  for (const Cluster& cluster : mesh.clusters) {
    if (std::find(versions.begin(), versions.end(), cluster.version) == versions.end()) {
      versions.push_back(cluster.version);
    }
  }
  return join_words(versions);
}

bool uses(const Mesh& mesh, Ingress::Controller controller) {
  return mesh.ingress && mesh.ingress->controller == controller;
}

}  // namespace

Readme::Readme(const Mesh& mesh, const TrustMaterial& material)
    : mesh_(mesh), cilium_(mesh.cilium), material_(material) {}

std::string Readme::text() {
  introduce();
  repositories();
  definitions();
  // What is pulled from the clusters is there once phase 1 runs; everything else must be there before it.
  const bool pulled = mesh_.trust.mode == Trust::Mode::inlined;
  if (!pulled) trust();
  enable();
  if (pulled) trust();
  connect();
  if (mesh_.ingress) ingress();
  services();
  if (mesh_.ingress) dns();
  verify();
  return std::move(out_);
}

void Readme::line(std::string_view text) {
  out_ += text;
  out_ += '\n';
}

void Readme::step(std::string_view title) {
  line();
  line(fmt::format("## {}. {}", ++step_, title));
  line();
}

void Readme::commands(const std::vector<std::string>& lines) {
  line("```sh");
  for (const std::string& command : lines) line(command);
  line("```");
}

std::string Readme::chart(const std::string& given, const std::string& values_key, std::string_view otherwise,
                          std::string_view variable) {
  if (!given.empty()) return shell_quote(given);
  if (values_key.empty()) return std::string{otherwise};
  return fmt::format("\"${{{}:?set it to your umbrella chart}}\"", variable);
}

std::string Readme::kubectl(const Cluster& cluster) {
  return fmt::format("kubectl --context {}", shell_quote(cluster.context));
}

std::string Readme::kubectl_in_cilium(const Cluster& cluster) const {
  return fmt::format("{} -n {}", kubectl(cluster), cilium_.kube_namespace);
}

std::string Readme::helm(const Cluster& cluster, bool with_peers) const {
  std::string command =
      fmt::format("helm upgrade --install {} {}", shell_quote(cilium_.release),
                  chart(cilium_.chart, cilium_.values_key, "cilium/cilium", "CILIUM_CHART"));
  // An umbrella chart has a version of its own, and pins Cilium's in its Chart.yaml.
  if (cilium_.values_key.empty()) command += fmt::format(" --version {}", cluster.version);
  command += fmt::format(" --kube-context {} -n {} --create-namespace --wait", shell_quote(cluster.context),
                         cilium_.kube_namespace);
  for (const auto* files : {&cilium_.values_files, &cluster.values_files}) {
    for (const std::string& file : *files) command += fmt::format(" -f {}", shell_quote(file));
  }
  if (mesh_.trust.mode == Trust::Mode::shared_ca && !issues_certificates(mesh_.trust)) {
    command += fmt::format(" -f {}", ca_values_path);
  }
  command += fmt::format(" -f {}", enable_path(cluster));
  if (with_peers) command += fmt::format(" -f {}", connect_path(mesh_, cluster));
  return command;
}

void Readme::introduce() {
  line(fmt::format("# Mesh {}", mesh_.name));
  line();
  line(fmt::format("{} on Cilium {}. Written by meshdrill. Run the commands from this folder, in this order.",
                   plural(mesh_.clusters.size(), "cluster"), versions_of(mesh_)));
  line();
  line("| cluster | context | ID | Pod CIDRs | clustermesh-apiserver |");
  line("|---|---|---|---|---|");
  for (const Cluster& cluster : mesh_.clusters) {
    const bool node_port = cluster.apiserver.exposure == ApiServer::Exposure::node_port;
    line(fmt::format("| {} | {} | {} | {} | {} {} |", cluster.name, cluster.context, cluster.id.value(),
                     joined(cluster.pod_cidrs), node_port ? "NodePort" : "LoadBalancer",
                     cluster.apiserver.port.value()));
  }
  line();
  line(
      "Helm replaces the values of a release as a whole. Where a cluster needs values of your own, name "
      "their "
      "files under `cilium.valuesFiles` in the mesh file and generate again.");
  line(
      "ID, name and Pod CIDRs of a cluster that runs workloads cannot change without restarting all of "
      "them.");
  line();
  line(
      "Each cluster's folder can be the source of a GitOps controller: `kustomization.yaml` has the "
      "manifests, "
      "`helm/` the values, in the order of their phases. `secrets/` is kept out of Git; seal what is in it, "
      "or "
      "apply it by hand.");
}

void Readme::repositories() {
  step("Helm repositories");
  std::vector<std::string> lines{"helm repo add cilium https://helm.cilium.io/"};
  if (uses(mesh_, Ingress::Controller::nginx))
    lines.emplace_back("helm repo add ingress-nginx https://kubernetes.github.io/ingress-nginx");
  lines.emplace_back("helm repo update");
  commands(lines);
}

void Readme::definitions() {
  const bool gateway = uses(mesh_, Ingress::Controller::gateway);
  const bool mcs = needs_mcs_api(mesh_);
  std::vector<std::string> lines;
  for (const Cluster& cluster : mesh_.clusters) {
    if (gateway) {
      lines.push_back(fmt::format(
          "{} apply --server-side -f https://github.com/kubernetes-sigs/gateway-api/releases/download/"
          "\"${{GATEWAY_API_VERSION:?set it, for example to v1.4.1}}\"/standard-install.yaml",
          kubectl(cluster)));
    }
    if (!mcs || minor_of(cluster.version).mcs_api_installs) continue;
    for (const std::string_view kind : {"serviceexports", "serviceimports"}) {
      lines.push_back(
          fmt::format("{} apply -f https://raw.githubusercontent.com/kubernetes-sigs/mcs-api/"
                      "79efdd37ed2bf99b4ade250e4c0f4d62a4e970a2/config/crd/multicluster.x-k8s.io_{}.yaml",
                      kubectl(cluster), kind));
    }
  }
  if (lines.empty()) return;
  step("Definitions that Cilium expects to find");
  if (gateway) {
    line(
        "Which version of the Gateway API each Cilium wants stands under "
        "https://docs.cilium.io/en/stable/network/servicemesh/gateway-api/gateway-api/.");
    line();
  }
  commands(lines);
}

void Readme::enable() {
  step("Phase 1: enable Cluster Mesh");
  for_each_cluster([&](const Cluster& cluster) { return helm(cluster, false); });
}

void Readme::connect() {
  step("Phase 2: connect the clusters");
  if (connectable(mesh_) && !connectable(mesh_, material_)) {
    line(fmt::format("Not possible yet: pull the certificates of step {} first, and generate again.",
                     step_ - 1));
    return;
  }
  if (!connectable(mesh_)) {
    line(
        "Not possible yet: the peers must be told where these clusters' clustermesh-apiserver is. Add its "
        "addresses to the mesh file under `apiserver.ips`, and generate again.");
    line();
    std::vector<std::string> lines;
    for (const Cluster& cluster : mesh_.clusters) {
      if (cluster.apiserver.reachable()) continue;
      lines.push_back(fmt::format("{} get service clustermesh-apiserver", kubectl_in_cilium(cluster)));
    }
    commands(lines);
    return;
  }
  for_each_cluster([&](const Cluster& cluster) { return helm(cluster, true); });
  line();
  for_each_cluster([&](const Cluster& cluster) {
    return fmt::format("cilium clustermesh status --context {} -n {} --wait", shell_quote(cluster.context),
                       cilium_.kube_namespace);
  });
}

void Readme::verify() {
  step("Verify");
  std::vector<std::string> lines;
  for (const Cluster& cluster : mesh_.clusters) {
    lines.push_back(fmt::format("cilium status --context {} -n {} --wait", shell_quote(cluster.context),
                                cilium_.kube_namespace));
  }
  // From the first to each other: the Pods of one cluster reach those of another.
  for (std::size_t i = 1; i < mesh_.clusters.size(); ++i) {
    lines.push_back(fmt::format("cilium connectivity test --context {} -n {} --multi-cluster {}",
                                shell_quote(mesh_.clusters.front().context), cilium_.kube_namespace,
                                shell_quote(mesh_.clusters[i].context)));
  }
  if (mesh_.ingress) lines.push_back(fmt::format("meshdrill probe {}", shell_quote(url(mesh_))));
  commands(lines);
}

std::string render_readme(const Mesh& mesh, const TrustMaterial& material) {
  return Readme{mesh, material}.text();
}

}  // namespace meshdrill::mesh
