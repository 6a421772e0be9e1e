#include "mesh/check/check_output.hpp"

#include "mesh/check/helm_size.hpp"
#include "mesh/cilium_version.hpp"
#include "mesh/names.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace meshdrill::mesh {
namespace {

using Controller = Ingress::Controller;

void check_listener(const Ingress& ingress, Findings& found) {
  if (!ingress.host_network) {
    if (ingress.listener_port) {
      found.error("ingress-listener", ingress.where, "ingress.listenerPort: is for hostNetwork: true",
                  "Without it the controller has a Service of type LoadBalancer.");
    }
    if (!ingress.node_selector.empty() && ingress.controller != Controller::nginx) {
      found.error("ingress-listener", ingress.where, "ingress.nodeSelector: is for hostNetwork: true",
                  "Otherwise Cilium's Envoy runs on every node.");
    }
    const bool usual = ingress.port == 80 || ingress.port == 443;
    if (ingress.controller == Controller::cilium && !usual) {
      found.warning(
          "ingress-port", ingress.port_where,
          fmt::format("ingress.port: the Service of Cilium's ingress listens on 80 and 443, not on {}",
                      ingress.port),
          "Map the port in the load balancer in front of it.");
    }
    return;
  }
  const int port = ingress.listener_port.value_or(ingress.port);
  if (ingress.controller != Controller::nginx && port < 1024) {
    found.warning(
        "ingress-port", ingress.port_where,
        fmt::format(
            "ingress.port: on the nodes' own network, Envoy may listen on {} only with NET_BIND_SERVICE",
            port),
        "Choose a port from 1024 up, or set envoy.securityContext.capabilities.keepCapNetBindService.");
  }
}

void check_ingress_controller(const Mesh& mesh, Findings& found) {
  if (!mesh.ingress) return;
  const Ingress& ingress = *mesh.ingress;
  const GlobalService* backend = ingress_backend(mesh);
  check_listener(ingress, found);
  if (!ingress.tls_secret.empty())
    found.name(ingress.where, "ingress.tls.secretName", wrong_label(ingress.tls_secret));
  if (backend == nullptr) return;
  if (backend->exported_by == GlobalService::Export::mcs && ingress.controller != Controller::gateway) {
    found.error("ingress-service", ingress.service_where,
                fmt::format("ingress.service: an Ingress cannot lead to a ServiceImport, and {} is exported "
                            "through the MCS-API",
                            qualified_name(*backend)),
                "Use controller: gateway, or export: annotations.");
  }
  if (backend->headless) {
    found.error("ingress-service", ingress.service_where,
                fmt::format("ingress.service: {} is headless, and has no ClusterIP "
                            "where Cilium could choose among the clusters",
                            qualified_name(*backend)));
  }
  const bool tcp = !backend->ports.empty() && backend->ports.front().protocol == "TCP";
  if (!backend->ports.empty() && !tcp) {
    found.error(
        "ingress-service", backend->ports.front().where,
        fmt::format("ingress.service: the first port of {} is no TCP port", qualified_name(*backend)));
  }
}

void check_dns(const Mesh& mesh, Findings& found) {
  const Dns& dns = mesh.dns;
  found.name(dns.where, "dns.namespace", wrong_label(dns.kube_namespace));
  if (!dns.zone.empty()) found.name(dns.where, "dns.zone", wrong_host_name(dns.zone));
  if (!dns.server.empty()) found.name(dns.where, "dns.server", wrong_text(dns.server));
  if (dns.zone.empty() || !mesh.ingress) return;
  const std::string& host = mesh.ingress->host;
  if (host != dns.zone && !host.ends_with("." + dns.zone)) {
    found.error("dns-zone", dns.where, fmt::format("dns.zone: {} is not in the zone {}", host, dns.zone));
  }
}

void check_trust(const Mesh& mesh, Findings& found) {
  const Trust& trust = mesh.trust;
  if (trust.mode == Trust::Mode::inlined) {
    if (trust.auth_mode == "cluster") {
      found.error("auth-mode", trust.auth_mode_where,
                  "trust.authMode: cluster needs one CA for all, and inline certificates come from many",
                  "Use trust.mode: sharedCA, or authMode: legacy.");
    }
    found.warning("inline-tls", trust.where,
                  "trust.mode: inline is deprecated: nothing renews these copies, and each is in the Helm "
                  "release twice",
                  "Use trust.mode: sharedCA.");
  }
  if (trust.mode == Trust::Mode::shared_ca && trust.issuer == Trust::Issuer::helm) {
    found.warning("helm-issuer", trust.where,
                  "trust.issuer: Helm issues at an upgrade and never renews in between",
                  "Use issuer: cronJob, or meshdrill.");
  }
}

// Settings that were asked for and that a version cannot have: the chart would ignore them in silence.
void check_settings(const Mesh& mesh, Findings& found) {
  const Cilium& cilium = mesh.cilium;
  for (const Cluster& cluster : mesh.clusters) {
    const CiliumMinor& minor = minor_of(cluster.version);
    const auto refuse = [&](bool wanted, bool has, const Location& where, std::string_view key) {
      if (wanted && !has) {
        found.error("key-too-new", where,
                    fmt::format("cilium.{}: Cilium {} of {} has no such setting and would ignore it", key,
                                cluster.version, cluster.name));
      }
    };
    refuse(cilium.policy_default_local_cluster.has_value(), minor.policy_default_local_cluster.has_value(),
           cilium.policy_where, "policyDefaultLocalCluster");
    refuse(cilium.default_global_namespace.has_value(), minor.default_global_namespace.has_value(),
           cilium.namespace_where, "defaultGlobalNamespace");
    refuse(!cilium.cache_ttl.empty(), minor.cache_ttl, cilium.cache_where, "cacheTTL");
  }
}

// 1.19 turned policyDefaultLocalCluster around: during an upgrade the clusters read the same policy in two
// ways.
void check_policy_default(const Mesh& mesh, Findings& found) {
  if (mesh.cilium.policy_default_local_cluster || mesh.clusters.empty()) return;
  const auto local = [](const Cluster& cluster) {
    return minor_of(cluster.version).policy_default_local_cluster.value_or(false);
  };
  const auto other = std::find_if(mesh.clusters.begin(), mesh.clusters.end(), [&](const Cluster& cluster) {
    return local(cluster) != local(mesh.clusters.front());
  });
  if (other == mesh.clusters.end()) return;
  found.warning("policy-default-differs", other->version_where,
                fmt::format("cilium.version: {} and {} differ in policyDefaultLocalCluster: from 1.19 on, "
                            "policies that name no "
                            "cluster select local Pods alone",
                            mesh.clusters.front().name, other->name),
                "Name the cluster in policies that are to reach over, or set policyDefaultLocalCluster in "
                "your own values.");
}

}  // namespace

void check_output(const Mesh& mesh, Findings& found) {
  check_ingress_controller(mesh, found);
  check_dns(mesh, found);
  check_trust(mesh, found);
  check_settings(mesh, found);
  check_policy_default(mesh, found);
  check_release_size(mesh, nullptr, found);
}

}  // namespace meshdrill::mesh
