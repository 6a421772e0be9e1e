#include "status/read_live.hpp"

#include "kube/json_fields.hpp"
#include "status/dial.hpp"
#include "status/gather.hpp"
#include "status/observe.hpp"
#include "status/reader.hpp"

#include <algorithm>
#include <array>
#include <set>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace meshdrill::status {
namespace {

namespace json = boost::json;

constexpr std::array certificate_secrets = {
    "clustermesh-apiserver-server-cert", "clustermesh-apiserver-remote-cert",
    "clustermesh-apiserver-local-cert", "clustermesh-apiserver-admin-cert"};

std::string service_of(const json::value& slice) {
  const auto labels = kube::labels_field(slice, "/metadata/labels");
  const auto name = labels.find("kubernetes.io/service-name");
  return kube::text_field(slice, "/metadata/namespace") + "/" + (name == labels.end() ? "" : name->second);
}

// The slices of all global Services at once; "" when there are none.
std::string slice_selector(const std::vector<ServiceView>& services) {
  std::set<std::string> names;
  for (const ServiceView& service : services) {
    if (service.global) names.insert(service.key.substr(service.key.find('/') + 1));
  }
  if (names.empty()) return {};
  return fmt::format("kubernetes.io/service-name in ({})", fmt::join(names, ","));
}

// One job for each thing to read. They run side by side on one thread, and write to different fields.
class LiveReader {
 public:
  LiveReader(kube::Client& client, LiveCluster& cluster, const LiveOptions& options)
      : cluster_(cluster),
        options_(options),
        reader_(client, cluster, options.timeout),
        jobs_(client.executor(), options.requests_at_once) {}

  Task<> run() {
    // First what others wait for: the Pods, for they are asked for their peers next.
    jobs_.add(read_pods());
    jobs_.add(read_services());
    jobs_.add(read_settings());
    jobs_.add(read_peers());
    jobs_.add(read_workloads());
    jobs_.add(read_apiserver());
    for (const char* secret : certificate_secrets) jobs_.add(read_certificate(secret));
    jobs_.add(read_nodes());
    jobs_.add(read_cilium_nodes());
    jobs_.add(read_ingresses());
    jobs_.add(read_classes());
    jobs_.add(read_controllers());
    jobs_.add(read_mcs());
    co_await jobs_.wait();
    finish();
    if (options_.dial) {
      co_await dial_peers(reader_.client().executor(), dialler_, options_.dial_timeout, cluster_);
    }
  }

 private:
  Task<> read_settings() {
    const json::value config =
        co_await reader_.get(ReadId::settings, options_.kube_namespace, "cilium-config");
    cluster_.config = kube::labels_field(config, "/data");
    if (!is_word(cluster_.setting("clustermesh-default-global-namespace", "true"), "false")) co_return;
    const Objects namespaces = co_await reader_.list(ReadId::namespaces);
    for (const json::value& object : namespaces) {
      const std::string name = kube::text_field(object, "/metadata/name");
      cluster_.namespaces.insert(name);
      cluster_.global_namespaces[name] = annotation(object, "clustermesh.cilium.io/global");
    }
  }

  Task<> read_pods() {
    const Objects pods = co_await reader_.list(ReadId::pods, options_.kube_namespace,
                                               "k8s-app in (cilium,clustermesh-apiserver)");
    parse_observers(pods, cluster_);
    for (std::size_t i = 0; i < cluster_.observers.size(); ++i) {
      if (cluster_.observers[i].ready) jobs_.add(observe(reader_, options_.kube_namespace, i, cluster_));
    }
  }

  Task<> read_peers() {
    const json::value peers =
        co_await reader_.get(ReadId::secrets, options_.kube_namespace, "cilium-clustermesh");
    cluster_.has_peers_secret = peers.is_object();
    cluster_.peers = parse_peers(peers);
    const json::value remote =
        co_await reader_.get(ReadId::secrets, options_.kube_namespace, "cilium-kvstoremesh");
    cluster_.has_remote_peers_secret = remote.is_object();
    cluster_.remote_peers = parse_peers(remote);
  }

  Task<> read_workloads() {
    const json::value agents = co_await reader_.get(ReadId::agents, options_.kube_namespace, "cilium");
    parse_agents(agents, cluster_);
    const json::value found =
        co_await reader_.get(ReadId::cilium_operator, options_.kube_namespace, "cilium-operator");
    cluster_.cilium_operator = parse_deployment(found);
  }

  Task<> read_apiserver() {
    const json::value deployment =
        co_await reader_.get(ReadId::apiserver, options_.kube_namespace, "clustermesh-apiserver");
    parse_apiserver(deployment, cluster_);
    const json::value service =
        co_await reader_.get(ReadId::apiserver_service, options_.kube_namespace, "clustermesh-apiserver");
    parse_apiserver_service(service, cluster_);
  }

  Task<> read_certificate(std::string name) {
    const json::value secret = co_await reader_.get(ReadId::secrets, options_.kube_namespace, name);
    if (!secret.is_object()) co_return;
    cluster_.certificates.push_back(parse_certificate(secret, name));
    if (cluster_.certificates.back().role == "remote") dialler_ = credentials_of(secret);
  }

  Task<> read_nodes() { nodes_ = co_await reader_.list(ReadId::nodes); }

  Task<> read_cilium_nodes() { cilium_nodes_ = co_await reader_.list(ReadId::cilium_nodes); }

  Task<> read_services() {
    const Objects services = co_await reader_.list(ReadId::services);
    for (const json::value& service : services) cluster_.services.push_back(parse_service(service));
    const std::string selector = slice_selector(cluster_.services);
    if (selector.empty()) co_return;
    const Objects slices = co_await reader_.list(ReadId::endpoint_slices, std::string(), selector);
    std::map<std::string, Objects> by_service;
    for (const json::value& slice : slices) by_service[service_of(slice)].push_back(slice);
    for (ServiceView& service : cluster_.services) {
      if (service.global) count_endpoints(by_service[service.key], service);
    }
  }

  Task<> read_ingresses() {
    const Objects ingresses = co_await reader_.list(ReadId::ingresses);
    for (const json::value& ingress : ingresses) {
      for (IngressView& view : parse_ingress(ingress)) cluster_.ingresses.push_back(std::move(view));
    }
  }

  Task<> read_classes() {
    const Objects classes = co_await reader_.list(ReadId::ingress_classes);
    for (const json::value& one : classes) {
      cluster_.ingress_classes[kube::text_field(one, "/metadata/name")] =
          kube::text_field(one, "/spec/controller");
    }
  }

  // ingress-nginx, by the labels that its chart gives. Cilium's own ingress runs in the agents.
  Task<> read_controllers() {
    const Objects pods =
        co_await reader_.list(ReadId::ingress_pods, std::string(),
                              "app.kubernetes.io/name=ingress-nginx,app.kubernetes.io/component=controller");
    cluster_.ingress_controllers["k8s.io/ingress-nginx"] = parse_controller(pods);
  }

  Task<> read_mcs() {
    const Objects exports =
        co_await reader_.list(ReadId::service_exports, std::string(), std::string(), &cluster_.has_mcs_api);
    for (const json::value& one : exports) cluster_.exports.push_back(parse_mcs(one));
    if (!cluster_.has_mcs_api) co_return;
    const Objects imports = co_await reader_.list(ReadId::service_imports);
    for (const json::value& one : imports) cluster_.imports.push_back(parse_mcs(one));
  }

  // What needs several of the answers.
  void finish() {
    parse_nodes(nodes_, cilium_nodes_, cluster_);
    // An entry for the cluster itself is legal, and ignored.
    const auto own = [&](const PeerEntry& peer) { return peer.name == cluster_.name(); };
    std::erase_if(cluster_.peers, own);
    std::erase_if(cluster_.remote_peers, own);
    for (const Observer& observer : cluster_.observers) {
      if (observer.answered) add_unknown_peers(observer, cluster_);
    }
    std::ranges::sort(cluster_.certificates, {}, &CertificateView::secret);
    cluster_.clock_ahead = reader_.client().clock_ahead();
  }

  LiveCluster& cluster_;
  const LiveOptions& options_;
  Reader reader_;
  Gather jobs_;
  Objects nodes_, cilium_nodes_;
  DialCredentials dialler_;
};

}  // namespace

Task<LiveCluster> read_live(kube::Client& client, std::string context, LiveOptions options) {
  LiveCluster cluster;
  cluster.context = std::move(context);
  cluster.kube_namespace = options.kube_namespace;
  LiveReader reader(client, cluster, options);
  co_await reader.run();
  co_return cluster;
}

}  // namespace meshdrill::status
