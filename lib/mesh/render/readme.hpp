// The README of a rendered tree: every command in its order, ready to be pasted into a POSIX shell. Its parts
// are spread over readme_*.cpp.
#pragma once

#include "mesh/model.hpp"
#include "mesh/trust/trust_material.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace meshdrill::mesh {

class Readme {
 public:
  Readme(const Mesh& mesh, const TrustMaterial& material);

  std::string text();

 private:
  // readme_install.cpp
  void introduce();
  void repositories();
  void definitions();  // CRDs that must be there before Cilium is
  void enable();
  void connect();
  void verify();
  // readme_trust.cpp
  void trust();
  void trust_of_meshdrill();
  void trust_of_chart();
  void trust_of_cert_manager();
  void trust_inlined();
  // readme_traffic.cpp
  void ingress();
  void label_nodes();
  void ingress_secret();
  void services();
  void dns();

  void line(std::string_view text = {});
  void step(std::string_view title);
  void commands(const std::vector<std::string>& lines);

  // One command a cluster.
  template <class Command>
  void for_each_cluster(Command command) {
    std::vector<std::string> lines;
    for (const Cluster& cluster : mesh_.clusters) lines.push_back(command(cluster));
    commands(lines);
  }

  // A chart that only the operator can name stops the shell with a message instead of installing another.
  static std::string chart(const std::string& given, const std::string& values_key,
                           std::string_view otherwise, std::string_view variable);
  [[nodiscard]] std::string helm(const Cluster& cluster, bool with_peers) const;
  // "kubectl --context north", and "kubectl --context north -n kube-system".
  [[nodiscard]] static std::string kubectl(const Cluster& cluster);
  [[nodiscard]] std::string kubectl_in_cilium(const Cluster& cluster) const;

  const Mesh& mesh_;
  const Cilium& cilium_;
  const TrustMaterial& material_;
  std::string out_;
  int step_ = 0;
};

}  // namespace meshdrill::mesh
