#include "lab/cilium/cilium_secrets.hpp"

#include "base/base64.hpp"
#include "lab/cilium/cilium_objects.hpp"

#include <fmt/format.h>

namespace meshdrill::lab {
namespace {

std::string etcd_config(const std::string& endpoint, std::string_view files) {
  constexpr std::string_view folder = "/var/lib/cilium/clustermesh/";
  return fmt::format(
      "endpoints:\n- {0}\ntrusted-ca-file: {1}{2}-etcd-client-ca.crt\nkey-file: {1}{2}-etcd-client.key\n"
      "cert-file: {1}{2}-etcd-client.crt\n",
      endpoint, folder, files);
}

std::string remote_endpoint(const mesh::Mesh& mesh, const mesh::Cluster& peer) {
  const mesh::ApiServer& apiserver = peer.apiserver;
  const std::string host = apiserver.ips.empty() ? apiserver.address : peer.name + "." + mesh.cilium.domain;
  return fmt::format("https://{}:{}", host, apiserver.port.value_or(32379));
}

}  // namespace

Object tls_secret(const mesh::TrustMaterial::Secret& secret, const std::string& authority,
                  const std::string& kube_namespace) {
  return Object{{"apiVersion", "v1"},
                {"kind", "Secret"},
                {"metadata", Object{{"name", secret.name}, {"namespace", kube_namespace}}},
                {"type", "kubernetes.io/tls"},
                {"data", Object{{"ca.crt", encode_base64(authority)},
                                {"tls.crt", encode_base64(secret.pair.certificate)},
                                {"tls.key", encode_base64(secret.pair.key)}}}};
}

Object peer_secret(std::string_view name, const mesh::Mesh& mesh, const mesh::Cluster& cluster) {
  const bool remote = name == remote_peers_secret;
  const std::string own =
      fmt::format("https://clustermesh-apiserver.{}.svc:2379", mesh.cilium.kube_namespace);
  Object data;
  for (const mesh::Cluster& peer : mesh.clusters) {
    if (peer.name == cluster.name) continue;
    const std::string text =
        remote ? etcd_config(remote_endpoint(mesh, peer), "common") : etcd_config(own, "local");
    data[peer.name] = encode_base64(text);
  }
  return Object{{"apiVersion", "v1"},
                {"kind", "Secret"},
                {"metadata", Object{{"name", name}, {"namespace", mesh.cilium.kube_namespace}}},
                {"type", "Opaque"},
                {"data", std::move(data)}};
}

}  // namespace meshdrill::lab
