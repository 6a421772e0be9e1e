#include "base/files.hpp"
#include "mesh/mesh_text.hpp"
#include "mesh/read/read_mesh.hpp"

namespace meshdrill::mesh {

TEST_CASE("a short file gets its defaults") {
  const Checked<Mesh> mesh = read_mesh_text(
      mesh_text(cluster_text("a"), "services:\n  - {name: api, ports: [{port: 80}]}\n"), "mesh.yaml");
  REQUIRE(mesh);
  CHECK(mesh->cilium.release == "cilium");
  CHECK(mesh->cilium.kube_namespace == "kube-system");
  CHECK(mesh->cilium.domain == "mesh.cilium.io");
  CHECK(mesh->cilium.max_connected_clusters == 255);
  REQUIRE(mesh->addressing.ipv4);
  CHECK(mesh->addressing.ipv4->node_length == 24);
  CHECK_FALSE(mesh->addressing.ipv6);
  CHECK_FALSE(mesh->ingress);
  const Cluster& cluster = mesh->clusters.at(0);
  CHECK(cluster.context == "a");
  CHECK_FALSE(cluster.id);
  CHECK(cluster.apiserver.exposure == ApiServer::Exposure::node_port);
  CHECK_FALSE(cluster.apiserver.port);
  CHECK(cluster.where == Location{"mesh.yaml", 7, 12});
  const GlobalService& service = mesh->services.at(0);
  CHECK(service.kube_namespace == "default");
  CHECK(service.selector == std::map<std::string, std::string>{{"app", "api"}});
  CHECK(service.ports.at(0).target_port == 80);
  CHECK(service.affinity == GlobalService::Affinity::unset);
  CHECK(service.sample);
  CHECK(url(*mesh).empty());
}

TEST_CASE("every key of a full file arrives") {
  const Result<std::string> text = read_file(source_folder() / "tests/mesh/good/everything.yaml");
  REQUIRE(text);
  const Checked<Mesh> mesh = read_mesh_text(*text, "mesh.yaml");
  REQUIRE(mesh);
  CHECK(mesh->cilium.values_files == std::vector<std::string>{"common.yaml", "my values.yaml"});
  CHECK(mesh->cilium.values_key == "cilium");
  CHECK(mesh->cilium.max_connected_clusters == 511);
  CHECK(mesh->networks.at(0).name == "vpn");
  REQUIRE(mesh->ingress);
  CHECK(url(*mesh) == "http://api.example.org:8080/v1");
  REQUIRE(ingress_backend(*mesh) != nullptr);
  CHECK(qualified_name(*ingress_backend(*mesh)) == "shop/api");
  const Cluster& north = mesh->clusters.at(0);
  CHECK(north.context == "admin@north");
  CHECK(north.id == 7);
  CHECK(north.pods(Family::ipv4).size() == 2);
  CHECK(north.apiserver.exposure == ApiServer::Exposure::load_balancer);
  CHECK(north.apiserver.address == "north.example.org");
  CHECK(to_string(north.ingress.at(1).address) == "2001:db8::10");
  const GlobalService& api = mesh->services.at(0);
  CHECK(api.affinity == GlobalService::Affinity::local);
  CHECK(api.sync_endpoint_slices);
  CHECK(api.replicas == 3);
  CHECK(api.selector.at("tier") == "front");
  CHECK_FALSE(mesh->services.at(1).shared);
  CHECK_FALSE(mesh->services.at(1).sample);
  CHECK(needs_endpoint_slice_sync(*mesh));
  CHECK(connectable(*mesh));
}

TEST_CASE("a cluster has the mesh's settings with its own on top") {
  const Result<std::string> text = read_file(source_folder() / "tests/mesh/good/own-settings.yaml");
  REQUIRE(text);
  const Checked<Mesh> mesh = read_mesh_text(*text, "mesh.yaml");
  REQUIRE(mesh);
  const Cluster& a = mesh->clusters.at(0);
  const Cluster& b = mesh->clusters.at(1);
  CHECK(a.version == "1.18.12");
  CHECK(b.version == "1.19.6");
  CHECK(a.values_files.empty());
  CHECK(b.values_files == std::vector<std::string>{"b.yaml"});
  CHECK(a.datapath.kube_proxy_replacement == true);
  CHECK(b.datapath.kube_proxy_replacement == false);
  CHECK(a.datapath.socket_lb == false);
  CHECK(b.datapath.socket_lb == true);
  CHECK(a.datapath.l7_proxy == true);
  CHECK(b.datapath.l7_proxy == false);
  CHECK(a.datapath.encryption == Encryption::wireguard);
  CHECK(b.datapath.encryption == Encryption::wireguard);
  CHECK(a.datapath.ipam == Ipam::cluster_pool);
  CHECK(b.datapath.ipam == Ipam::eni);
  CHECK(b.datapath.chaining_mode == "aws-cni");
  CHECK(b.datapath.unsafe_skb);
  CHECK(b.datapath.routing_mode == RoutingMode::native);
  CHECK(b.datapath.tunnel_protocol == TunnelProtocol::geneve);
  CHECK(to_string(a.datapath.native_ipv4->prefix) == "10.0.0.0/8");
  CHECK(to_string(b.datapath.native_ipv4->prefix) == "10.64.0.0/10");
  CHECK_FALSE(b.datapath.native_ipv6);
  CHECK(to_string(a.nodes.at(1).address) == "2001:db8::10");
}

}  // namespace meshdrill::mesh
