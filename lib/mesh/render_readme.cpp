// The README of a rendered tree: every command in its order, ready to be pasted into a POSIX shell.
#include "base/text.hpp"
#include "mesh/render.hpp"
#include "mesh/render_parts.hpp"

#include <fmt/format.h>

namespace meshdrill::mesh {
namespace {

constexpr std::string_view ca_values_file = "ca-values.yaml";

std::string joined(const std::vector<IpPrefix>& prefixes) {
  std::vector<std::string> words;
  for (const IpPrefix& prefix : prefixes) words.push_back(to_string(prefix));
  return fmt::format("{}", fmt::join(words, ", "));
}

class Readme {
 public:
  explicit Readme(const Mesh& mesh) : mesh_(mesh), cilium_(mesh.cilium) {}

  std::string text() {
    introduce();
    repositories();
    authority();
    enable();
    connect();
    if (mesh_.ingress) ingress();
    services();
    if (mesh_.ingress) dns();
    verify();
    return std::move(out_);
  }

 private:
  void line(std::string_view text = {}) {
    out_ += text;
    out_ += '\n';
  }

  void step(std::string_view title) {
    line();
    line(fmt::format("## {}. {}", ++step_, title));
    line();
  }

  void commands(const std::vector<std::string>& lines) {
    line("```sh");
    for (const std::string& command : lines) line(command);
    line("```");
  }

  // One command a cluster.
  template <class Command>
  void for_each_cluster(Command command) {
    std::vector<std::string> lines;
    for (const Cluster& cluster : mesh_.clusters) lines.push_back(command(cluster));
    commands(lines);
  }

  // A chart that only the operator can name stops the shell with a message instead of installing another.
  static std::string chart(const std::string& given, const std::string& values_key,
                           std::string_view otherwise, std::string_view variable) {
    if (!given.empty()) return shell_quote(given);
    if (values_key.empty()) return std::string{otherwise};
    return fmt::format("\"${{{}:?set it to your umbrella chart}}\"", variable);
  }

  std::string helm(const Cluster& cluster, bool with_peers) const {
    std::string command =
        fmt::format("helm upgrade --install {} {}", shell_quote(cilium_.release),
                    chart(cilium_.chart, cilium_.values_key, "cilium/cilium", "CILIUM_CHART"));
    // An umbrella chart has a version of its own, and pins Cilium's in its Chart.yaml.
    if (cilium_.values_key.empty()) command += fmt::format(" --version {}", cilium_.version);
    command += fmt::format(" --kube-context {} -n {} --create-namespace --wait", shell_quote(cluster.context),
                           cilium_.kube_namespace);
    for (const std::string& file : cilium_.values_files) command += fmt::format(" -f {}", shell_quote(file));
    command += fmt::format(" -f {} -f {}", ca_values_file, enable_path(cluster));
    if (with_peers) command += fmt::format(" -f {}", connect_path(cluster));
    return command;
  }

  void introduce();
  void repositories();
  void authority();
  void enable();
  void connect();
  void ingress();
  void services();
  void dns();
  void verify();

  const Mesh& mesh_;
  const Cilium& cilium_;
  std::string out_;
  int step_ = 0;
};

void Readme::introduce() {
  line(fmt::format("# Mesh {}", mesh_.name));
  line();
  line(fmt::format("{} on Cilium {}. Written by meshdrill. Run the commands from this folder, in this order.",
                   plural(mesh_.clusters.size(), "cluster"), cilium_.version));
  line();
  line("| cluster | context | ID | Pod CIDRs | clustermesh-apiserver |");
  line("|---|---|---|---|---|");
  for (const Cluster& cluster : mesh_.clusters) {
    std::vector<IpPrefix> pods;
    for (const LocatedPrefix& prefix : cluster.pod_cidrs) pods.push_back(prefix.prefix);
    const bool node_port = cluster.apiserver.exposure == ApiServer::Exposure::node_port;
    line(fmt::format("| {} | {} | {} | {} | {} {} |", cluster.name, cluster.context, cluster.id.value(),
                     joined(pods), node_port ? "NodePort" : "LoadBalancer", cluster.apiserver.port.value()));
  }
  line();
  line(
      "Helm replaces the values of a release as a whole. Where a cluster needs values of your own (for "
      "example "
      "kubeProxyReplacement), name their files under `cilium.valuesFiles` in the mesh file and generate "
      "again.");
  line(
      "ID, name and Pod CIDRs of a cluster that runs workloads cannot change without restarting all of "
      "them.");
}

void Readme::repositories() {
  step("Helm repositories");
  std::vector<std::string> lines{"helm repo add cilium https://helm.cilium.io/"};
  if (mesh_.ingress)
    lines.emplace_back("helm repo add ingress-nginx https://kubernetes.github.io/ingress-nginx");
  lines.emplace_back("helm repo update");
  commands(lines);
}

// The chart makes an own CA in every cluster unless it is given one, and then no cluster trusts another.
void Readme::authority() {
  step("One certificate authority for all clusters");
  line(
      "Clusters trust each other when their certificates come from one CA. Make it once, and keep the key "
      "and "
      "`ca-values.yaml` secret: whoever has them can join the mesh.");
  line();
  const std::string indent = cilium_.values_key.empty() ? "" : "  ";
  const std::string key = cilium_.values_key.empty() ? "" : fmt::format("{}:\\n", cilium_.values_key);
  commands(
      {"umask 077", "openssl genrsa -traditional -out ca.key 2048",
       "openssl req -x509 -new -key ca.key -days 3650 -subj '/CN=Cilium CA' -out ca.crt",
       fmt::format("printf '{0}{1}tls:\\n{1}  ca:\\n{1}    cert: %s\\n{1}    key: %s\\n' \\", key, indent),
       fmt::format("  \"$(openssl base64 -A -in ca.crt)\" \"$(openssl base64 -A -in ca.key)\" > {}",
                   ca_values_file)});
}

void Readme::enable() {
  step("Phase 1: enable Cluster Mesh");
  for_each_cluster([&](const Cluster& cluster) { return helm(cluster, false); });
}

void Readme::connect() {
  step("Phase 2: connect the clusters");
  if (!connectable(mesh_)) {
    line(
        "Not possible yet: the peers must be told where these clusters' clustermesh-apiserver is. Add its "
        "addresses to the mesh file under `apiserver.ips`, and generate again.");
    line();
    std::vector<std::string> lines;
    for (const Cluster& cluster : mesh_.clusters) {
      if (cluster.apiserver.reachable()) continue;
      lines.push_back(fmt::format("kubectl --context {} -n {} get service clustermesh-apiserver",
                                  shell_quote(cluster.context), cilium_.kube_namespace));
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

void Readme::ingress() {
  const Ingress& ingress = *mesh_.ingress;
  step("Ingress controller");
  line("ingress-nginx is retired since March 2026: it works, and gets no fixes any more.");
  line();
  if (!ingress.node_selector.empty()) {
    std::string labels;
    for (const auto& [key, value] : ingress.node_selector)
      labels += fmt::format(" {}", shell_quote(fmt::format("{}={}", key, value)));
    line("Choose the nodes that take the traffic, and label them (NODE is one of those listed):");
    line();
    std::vector<std::string> lines;
    for (const Cluster& cluster : mesh_.clusters) {
      const std::string context = shell_quote(cluster.context);
      lines.push_back(fmt::format("kubectl --context {} get nodes", context));
      lines.push_back(fmt::format("kubectl --context {} label node NODE{}", context, labels));
    }
    commands(lines);
    line();
  }
  const std::string chart_name =
      chart(ingress.chart, ingress.values_key, "ingress-nginx/ingress-nginx", "INGRESS_CHART");
  for_each_cluster([&](const Cluster& cluster) {
    return fmt::format("helm upgrade --install {} {} --kube-context {} -n {} --create-namespace --wait -f {}",
                       shell_quote(ingress.release), chart_name, shell_quote(cluster.context),
                       ingress.kube_namespace, ingress_values_path(cluster));
  });
}

void Readme::services() {
  if (mesh_.services.empty()) return;
  step(mesh_.ingress ? "Global Services and the Ingress" : "Global Services");
  for_each_cluster([&](const Cluster& cluster) {
    return fmt::format("kubectl --context {} apply -f {}", shell_quote(cluster.context),
                       manifests_folder(cluster));
  });
  std::vector<std::string> waits;
  for (const Cluster& cluster : mesh_.clusters) {
    for (const GlobalService& service : mesh_.services) {
      if (!service.sample) continue;
      waits.push_back(fmt::format("kubectl --context {} -n {} rollout status deployment/{}",
                                  shell_quote(cluster.context), service.kube_namespace, service.name));
    }
  }
  if (waits.empty()) return;
  line();
  commands(waits);
}

void Readme::dns() {
  const Ingress& ingress = *mesh_.ingress;
  step("DNS");
  line(fmt::format("{} gets the addresses of every cluster's ingress, with a short time to live:",
                   ingress.host));
  line();
  line("```");
  bool complete = true;
  for (const Cluster& cluster : mesh_.clusters) {
    for (const LocatedAddress& item : cluster.ingress) {
      const std::string_view type = item.address.family == Family::ipv4 ? "A" : "AAAA";
      line(fmt::format("{}. 60 IN {} {}  ; {}", ingress.host, type, to_string(item.address), cluster.name));
    }
    complete = complete && !cluster.ingress.empty();
  }
  line("```");
  if (complete) return;
  line();
  line("These clusters have no address in the mesh file yet; look it up and add it under `ingress`:");
  line();
  std::vector<std::string> lines;
  for (const Cluster& cluster : mesh_.clusters) {
    if (!cluster.ingress.empty()) continue;
    lines.push_back(fmt::format("kubectl --context {} -n {} get service", shell_quote(cluster.context),
                                ingress.kube_namespace));
  }
  commands(lines);
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

}  // namespace

std::string render_readme(const Mesh& mesh) {
  return Readme{mesh}.text();
}

}  // namespace meshdrill::mesh
