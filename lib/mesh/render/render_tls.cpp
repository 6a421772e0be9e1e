// Helm values that say who issues the certificates of clustermesh-apiserver and its clients.
#include "mesh/render/render_parts.hpp"
#include "mesh/trust/server_names.hpp"

#include <boost/json.hpp>

namespace meshdrill::mesh {
namespace {

using boost::json::array;
using boost::json::object;

bool has_key(std::string_view path, const CiliumMinor& minor) {
  const KeyHistory* history = find_key_history(path);
  return history == nullptr || history->removed_in == 0 || minor.minor < history->removed_in;
}

object issuer_ref(const Trust::IssuerRef& ref) {
  return {{"group", ref.group}, {"kind", ref.kind}, {"name", ref.name}};
}

// The chart's own issuing. A CronJob renews before the end; Helm's method would only when somebody upgrades.
object automatic_values(const Trust& trust) {
  object automatic{{"enabled", true}};
  if (trust.mode == Trust::Mode::cert_manager) {
    automatic["method"] = "certmanager";
    automatic["certManagerIssuerRef"] = issuer_ref(trust.issuer_ref);
  } else if (trust.mode == Trust::Mode::shared_ca && trust.issuer == Trust::Issuer::helm) {
    automatic["method"] = "helm";
  } else {
    automatic["method"] = "cronJob";
    automatic["schedule"] = "0 0 1 */4 *";
  }
  if (trust.validity_days) automatic["certValidityDuration"] = *trust.validity_days;
  return automatic;
}

}  // namespace

object tls_values(const Mesh& mesh, const Cluster& cluster, const CiliumMinor& minor) {
  const Trust& trust = mesh.trust;
  object tls;
  if (!trust.auth_mode.empty()) tls["authMode"] = trust.auth_mode;
  if (issues_certificates(trust)) {
    // The Secrets are there before the chart is, and it must not want to make them itself: those that Helm
    // did not make it would refuse to touch, and without values for them its templates fail.
    if (has_key("clustermesh.apiserver.tls.enableSecrets", minor)) tls["enableSecrets"] = false;
    tls["auto"] = object{{"enabled", false}};
    return tls;
  }
  object automatic = automatic_values(trust);
  object server;
  if (const auto names = extra_server_names(mesh, cluster); !names.empty()) {
    server["extraDnsNames"] = array(names.begin(), names.end());
  }
  if (!server.empty() && minor.sans_under_auto) {
    automatic["server"] = std::move(server);
  } else if (!server.empty()) {
    tls["server"] = std::move(server);
  }
  tls["auto"] = std::move(automatic);
  return tls;
}

}  // namespace meshdrill::mesh
