#include "base/text.hpp"
#include "mesh/values/rules.hpp"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace meshdrill::mesh::values {
namespace {

struct Choice {
  std::string_view path;
  std::vector<std::string_view> words;
  std::string_view otherwise;  // what comes of another word
};

// The chart's schema says no more than "a string".
const std::vector<Choice>& choices() {
  static const std::vector<Choice> all{
      {"clustermesh.apiserver.service.type",
       {"NodePort", "LoadBalancer", "ClusterIP"},
       "Kubernetes refuses it"},
      {"clustermesh.apiserver.tls.authMode", {"legacy", "migration", "cluster"}, "the chart knows no other"},
      {"clustermesh.apiserver.tls.auto.method",
       {"helm", "cronJob", "certmanager"},
       "nobody makes the certificates"},
      {"encryption.type", {"ipsec", "wireguard", "ztunnel"}, "nothing is encrypted"},
      {"identityAllocationMode",
       {"crd", "kvstore", "doublewrite-readkvstore", "doublewrite-readcrd"},
       "the agents do not start"},
      {"ipam.mode",
       {"cluster-pool", "kubernetes", "multi-pool", "crd", "eni", "azure", "alibabacloud",
        "delegated-plugin"},
       "the agents do not start"},
      {"routingMode", {"native", "tunnel"}, "the agents do not start"},
      {"tunnelProtocol", {"vxlan", "geneve"}, "the agents do not start"},
  };
  return all;
}

void check_words(const ClusterValues& cluster, Findings& found) {
  for (const Choice& choice : choices()) {
    const HelmValue* value = cluster.cilium.find(choice.path);
    // Empty is the chart's default, and what is no string is reported by its type.
    if (value == nullptr || value->kind != HelmValue::Kind::string || value->text.empty()) continue;
    if (std::find(choice.words.begin(), choice.words.end(), value->text) != choice.words.end()) continue;
    const std::string near = closest(value->text, choice.words);
    found.error("wrong-value", value->where,
                fmt::format("{}: \"{}\" is none of {}; {}", choice.path, printable(value->text),
                            fmt::join(choice.words, ", "), choice.otherwise),
                near.empty() ? std::string{} : fmt::format("Did you mean {}?", near));
  }
}

bool is_off(const HelmValue* value) {
  return value != nullptr &&
         (value->text == "false" || (value->kind == HelmValue::Kind::boolean && !value->boolean));
}

bool is_on(const HelmValue* value) {
  return value != nullptr &&
         (value->text == "true" || (value->kind == HelmValue::Kind::boolean && value->boolean));
}

// Where either is missing the chart fails, or Envoy gets no traffic.
void check_ingress(const ClusterValues& cluster, Findings& found) {
  for (const std::string_view feature : {"ingressController", "gatewayAPI"}) {
    const HelmValue* enabled = cluster.cilium.find(fmt::format("{}.enabled", feature));
    if (!is_on(enabled)) continue;
    if (const HelmValue* proxy = cluster.cilium.find("l7Proxy"); is_off(proxy)) {
      found.error("ingress-datapath", proxy->where,
                  fmt::format("{} needs the L7 proxy, and l7Proxy is false", feature),
                  "Take l7Proxy: false away.");
    }
    const auto& replaced = cluster.kube_proxy_replacement;
    const bool node_port = is_on(cluster.cilium.find("nodePort.enabled"));
    if (replaced.value == "true" || replaced.value == "strict" || node_port) continue;
    found.error("ingress-datapath", replaced.written ? replaced.where : enabled->where,
                fmt::format("{} needs kubeProxyReplacement set to true, and it is {}", feature,
                            replaced.written ? printable(replaced.value) : "not set"),
                "Set kubeProxyReplacement: \"true\".");
  }
}

}  // namespace

void check_settings(const MeshValues& mesh, Findings& found) {
  for (const ClusterValues& cluster : mesh.clusters) {
    check_words(cluster, found);
    check_ingress(cluster, found);
  }
}

}  // namespace meshdrill::mesh::values
