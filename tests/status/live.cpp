#include "status/live.hpp"

#include <fmt/format.h>

namespace meshdrill::status::test {
namespace {

IpAddress ip(const std::string& text) {
  return parse_ip(text).value();
}

CertificateView certificate(const std::string& role, const std::string& user, LiveMesh& mesh) {
  CertificateView view;
  view.secret = "clustermesh-apiserver-" + role + "-cert";
  view.role = role;
  view.facts.emplace();
  view.facts->common_name = user;
  view.facts->not_before = mesh.now - std::chrono::days{1};
  view.facts->not_after = mesh.now + std::chrono::days{300};
  if (role == "server") view.facts->dns_names = {"*.mesh.cilium.io"};
  view.ca_fingerprint = "aa";
  view.ca_not_after = mesh.now + std::chrono::days{900};
  return view;
}

LiveCluster cluster(int id, const std::string& name, const std::string& peer, LiveMesh& mesh) {
  LiveCluster one;
  one.context = name;
  one.kube_namespace = "kube-system";
  one.reachable = true;
  one.clock_ahead = Duration::zero();
  one.config = {{"cluster-name", name},
                {"cluster-id", std::to_string(id)},
                {"cluster-pool-ipv4-cidr", fmt::format("10.{}.0.0/16", id)},
                {"kube-proxy-replacement", "true"}};
  one.kubernetes = "v1.32.4";
  one.cilium = "1.18.0";
  one.agents = {true, 1, 1};
  one.cilium_operator = {true, 1, 1};
  one.apiserver = {true, 1, 1};
  one.has_kvstoremesh = true;
  one.apiserver_service = {true, "NodePort", 2379, 32379 + id, {}};
  NodeView node;
  node.name = name + "-1";
  node.ready = node.has_cilium = true;
  node.addresses = node.cilium_addresses = {ip(fmt::format("192.0.2.{}", id))};
  node.cilium_pods = {parse_prefix(fmt::format("10.{}.0.0/24", id)).value()};
  one.nodes.push_back(node);
  const int other = 3 - id;
  one.has_peers_secret = one.has_remote_peers_secret = true;
  one.peers = {{peer, "clustermesh-apiserver.kube-system.svc", 2379, ""}};
  one.remote_peers = {{peer, peer + ".mesh.cilium.io", 32379 + other, ""}};
  one.host_aliases[peer + ".mesh.cilium.io"] = {fmt::format("192.0.2.{}", other)};
  for (const char* role : {"server", "remote", "local", "admin"}) {
    const std::string user = std::string(role) == "remote" ? "remote" : std::string(role) + "-" + name;
    one.certificates.push_back(certificate(role, user, mesh));
  }
  one.observers = {
      {Observer::Kind::agent, "cilium-1", node.name, true, "cilium:v1.18.0", true},
      {Observer::Kind::kvstoremesh, "mesh-1", node.name, true, "clustermesh-apiserver:v1.18.0", true}};
  one.reports = {{Observer::Kind::agent, "cilium-1", peer, Rung::ready, "", false},
                 {Observer::Kind::kvstoremesh, "mesh-1", peer, Rung::ready, "", false}};
  ServiceView service;
  service.key = "default/api";
  service.global = true;
  service.ports = {{"http", 80, "8080", "TCP"}};
  service.ready = 2;
  one.services.push_back(service);
  WayIn way;
  way.key = way.service = "default/api";
  way.host = "api.example.org";
  way.class_name = "nginx";
  way.addresses = {fmt::format("198.51.100.{}", id)};
  way.marks = {"nginx.ingress.kubernetes.io/service-upstream"};
  one.ways_in.push_back(way);
  one.ingress_classes["nginx"] = "k8s.io/ingress-nginx";
  one.controllers["ingress-nginx"] = {1, 1, true};
  return one;
}

}  // namespace

LiveMesh healthy_mesh() {
  LiveMesh mesh;
  mesh.now = std::chrono::sys_days{std::chrono::year{2026} / 6 / 1};
  mesh.clusters.push_back(cluster(1, "north", "south", mesh));
  mesh.clusters.push_back(cluster(2, "south", "north", mesh));
  return mesh;
}

std::string rules_found(const LiveMesh& mesh) {
  std::string rules;
  for (const Finding& finding : check_mesh(mesh)) rules += (rules.empty() ? "" : " ") + finding.rule;
  return rules;
}

}  // namespace meshdrill::status::test
