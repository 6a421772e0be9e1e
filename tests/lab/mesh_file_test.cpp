#include "lab/mesh_file.hpp"

#include "lab/lab.hpp"
#include "mesh/load.hpp"
#include "mesh/render/render.hpp"

#include <doctest/doctest.h>

using namespace meshdrill;
using namespace meshdrill::lab;

namespace {

// What a mesh amounts to: every file that it is rendered to.
std::string rendered(const mesh::Mesh& mesh) {
  std::string all;
  for (const mesh::RenderedFile& file : mesh::render(mesh, {})) all += file.path + "\n" + file.content;
  return all;
}

mesh::Mesh read_again(const mesh::Mesh& mesh) {
  const std::string text = write_mesh_file(mesh);
  auto loaded = mesh::load_mesh_text(text, "again");
  REQUIRE_MESSAGE(loaded, (loaded ? std::string() : to_string(loaded.error()) + text));
  return loaded->mesh;
}

}  // namespace

TEST_CASE("a written mesh file renders to the same files") {
  const mesh::Mesh mesh = default_mesh(3).value();
  CHECK(rendered(read_again(mesh)) == rendered(mesh));
}

TEST_CASE("every part of a mesh is written") {
  const auto loaded = mesh::load_mesh_text(R"(apiVersion: meshdrill/v1
kind: Mesh
metadata: {name: full}
cilium: {version: 1.18.0, release: cni, namespace: net, valuesKey: cilium, domain: mesh.example.org,
         maxConnectedClusters: 511, valuesFiles: [base.yaml], kubeProxyReplacement: true, l7Proxy: true}
routing: {mode: native}
addressing:
  ipv4: {pool: 10.96.0.0/11, cluster: 17, node: 24}
  ipv6: {pool: "fd00:10::/96", cluster: 108, node: 120}
networks: [{name: office, cidr: 192.168.0.0/16}]
ingress: {controller: nginx, host: api.example.org, port: 8081, path: /x, className: outer,
          nodeSelector: {role: ingress}, release: edge, namespace: edge, service: two}
clusters:
  - {name: one, context: ctx-1, id: 7, apiserver: {ips: [192.0.2.11], port: 32379}, ingress: [198.51.100.10],
     nodeCIDRs: [192.0.2.0/24], serviceCIDRs: [172.20.0.0/16], nodes: [192.0.2.12],
     cilium: {version: 1.19.6, valuesFiles: [one.yaml], socketLB: true}}
  - {name: two, apiserver: {type: LoadBalancer, address: two.example.org, port: 2379}, ingress: [198.51.100.20],
     cilium: {ipam: eni, chainingMode: aws-cni, allowUnsafePolicySKBUsage: true, encryption: none},
     routing: {tunnelProtocol: geneve}, podCIDRs: [10.127.0.0/16, "fd00:10::ff00:0/108"]}
services:
  - {name: first, namespace: apps, ports: [{port: 80}], shared: false, affinity: local, sample: false}
  - {name: two, ports: [{name: a, port: 1, targetPort: 80}], selector: {x: "y"}, affinity: remote,
     syncEndpointSlices: true, replicas: 3, image: "nginx:1.27"}
)",
                                           "full");
  REQUIRE_MESSAGE(loaded, (loaded ? std::string() : to_string(loaded.error())));
  const mesh::Mesh again = read_again(loaded->mesh);
  CHECK(rendered(again) == rendered(loaded->mesh));
  CHECK(write_mesh_file(again) == write_mesh_file(loaded->mesh));
  CHECK(again.networks.size() == 1);
  CHECK(again.clusters[0].context == "ctx-1");
  CHECK(again.clusters[0].version == "1.19.6");
  CHECK(again.clusters[0].values_files == std::vector<std::string>{"one.yaml"});
  CHECK(again.clusters[0].nodes.size() == 1);
  CHECK(again.clusters[0].datapath.kube_proxy_replacement == true);
  CHECK(again.clusters[0].datapath.socket_lb == true);
  CHECK(again.clusters[1].datapath.ipam == mesh::Ipam::eni);
  CHECK(again.clusters[1].datapath.chaining_mode == "aws-cni");
  CHECK(again.clusters[1].datapath.unsafe_skb);
  CHECK(again.clusters[1].datapath.encryption == mesh::Encryption::none);
  CHECK(again.clusters[1].datapath.tunnel_protocol == mesh::TunnelProtocol::geneve);
  CHECK(again.clusters[1].datapath.native_ipv6->prefix == parse_prefix("fd00:10::/96").value());
}

TEST_CASE("a lab has 1 to 60 clusters") {
  CHECK_FALSE(default_mesh(0));
  CHECK_FALSE(default_mesh(61));
  CHECK(default_mesh(60)->clusters.size() == 60);
}
