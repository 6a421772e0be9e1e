// How the clusters come to trust each other.
#include "base/text.hpp"
#include "mesh/render/readme.hpp"
#include "mesh/render/render.hpp"
#include "mesh/render/render_parts.hpp"

#include <fmt/format.h>

namespace meshdrill::mesh {

void Readme::trust() {
  switch (mesh_.trust.mode) {
    case Trust::Mode::cert_manager:
      return trust_of_cert_manager();
    case Trust::Mode::inlined:
      return trust_inlined();
    case Trust::Mode::shared_ca:
      break;
  }
  if (issues_certificates(mesh_.trust)) return trust_of_meshdrill();
  trust_of_chart();
}

void Readme::trust_of_meshdrill() {
  step("Certificates from one authority");
  line(
      "Clusters trust each other when their certificates come from one CA. Its key stays beside the mesh "
      "file; "
      "no cluster has it. The certificates are issued here and are in each cluster before the chart is, "
      "which "
      "is told not to make any (`tls.auto.enabled: false`): Helm refuses to take over Secrets that it did "
      "not "
      "make. There is no Secret `cilium-ca` among them for the same reason; the chart makes one of its own "
      "for "
      "Hubble. Server-side apply leaves no copy of a key in an annotation.");
  line();
  if (cilium_.kube_namespace != "kube-system") {
    for_each_cluster([&](const Cluster& cluster) {
      return fmt::format("kubectl create namespace {} --dry-run=client -o yaml | {} apply -f -",
                         cilium_.kube_namespace, kubectl(cluster));
    });
    line();
  }
  for_each_cluster([&](const Cluster& cluster) {
    return fmt::format("{} apply --server-side -f {}", kubectl(cluster), certificates_path(cluster));
  });
  line();
  line(
      "`meshdrill check` on this folder says when they expire. Generating again renews those that have less "
      "than a third "
      "of their life before them; apply them then as above, and clustermesh-apiserver takes them up by "
      "itself.");
}

void Readme::trust_of_chart() {
  step("Certificates from one authority");
  line(fmt::format(
      "Clusters trust each other when their certificates come from one CA, which the chart is given with "
      "`{}`. Keep that file secret: whoever has it can join the mesh.",
      ca_values_path));
  if (mesh_.trust.issuer == Trust::Issuer::helm) {
    line("The chart issues new certificates at every upgrade, and renews none in between: upgrade in time.");
  } else {
    line("A CronJob in each cluster renews the certificates.");
  }
}

void Readme::trust_of_cert_manager() {
  const Trust::IssuerRef& ref = mesh_.trust.issuer_ref;
  step("Certificates from cert-manager");
  line(fmt::format("Each cluster needs cert-manager and this {}; all of them must issue from one CA.",
                   ref.kind));
  line();
  for_each_cluster([&](const Cluster& cluster) {
    return fmt::format("{} get {}.{} {}", kubectl_in_cilium(cluster), ref.kind, ref.group, ref.name);
  });
}

void Readme::trust_inlined() {
  step("Certificates in the values");
  line(
      "Every cluster makes a CA of its own in phase 1. What its peers need of it is pulled from it and put "
      "into "
      "the values of phase 2: `meshdrill generate` with `--pull-trust` does both. Or pull by hand as below, "
      "and "
      "generate again. Nothing renews these copies: do it once more before they expire. One CA for all "
      "(`trust.mode: sharedCA`) needs none of this.");
  line();
  for_each_cluster([&](const Cluster& cluster) {
    return fmt::format(
        "(umask 077; {} get secret clustermesh-apiserver-remote-cert -o yaml > \"${{PEERS:?set it to the "
        "folder that trust.folder names}}\"/{}.yaml)",
        kubectl_in_cilium(cluster), cluster.name);
  });
}

}  // namespace meshdrill::mesh
