#include "status/read_live.hpp"

#include "kube/endpoint_counter.hpp"
#include "kube/json_fields.hpp"
#include "status/controllers.hpp"
#include "status/dial.hpp"
#include "status/gather.hpp"
#include "status/observe.hpp"
#include "status/parse.hpp"
#include "status/reader.hpp"

#include <algorithm>
#include <array>
#include <set>
#include <tuple>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace meshdrill::status {
namespace {

namespace json = boost::json;

constexpr std::array certificate_secrets = {
    "clustermesh-apiserver-server-cert", "clustermesh-apiserver-remote-cert",
    "clustermesh-apiserver-local-cert", "clustermesh-apiserver-admin-cert"};

std::pair<std::string, std::string> namespace_mark(const json::value& object) {
  return {kube::text_field(object, "/metadata/name"), annotation(object, "clustermesh.cilium.io/global")};
}

// The slices of all these Services at once; all slices there are when the names would not fit into a URL that
// every proxy takes.
std::string slice_selector(const std::map<std::string, kube::EndpointCounter>& services) {
  constexpr std::size_t longest = 2000;
  std::set<std::string> names;
  for (const auto& [key, counter] : services) names.insert(key.substr(key.find('/') + 1));
  const std::string selector = fmt::format("kubernetes.io/service-name in ({})", fmt::join(names, ","));
  return selector.size() > longest ? std::string{} : selector;
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
    jobs_.add(read_routes());
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
    if (is_word(cluster_.setting("external-envoy-proxy", "false"), "true")) {
      const json::value envoy = co_await reader_.get(ReadId::envoy, options_.kube_namespace, "cilium-envoy");
      cluster_.envoy = parse_daemon_set(envoy);
    }
    if (!is_word(cluster_.setting("clustermesh-default-global-namespace", "true"), "false")) co_return;
    const auto namespaces = co_await reader_.list(ReadId::namespaces, namespace_mark);
    for (const auto& [name, mark] : namespaces) {
      cluster_.namespaces.insert(name);
      cluster_.global_namespaces[name] = mark;
    }
  }

  Task<> read_pods() {
    const std::string selector = "k8s-app in (cilium,clustermesh-apiserver)";
    cluster_.observers =
        co_await reader_.list(ReadId::pods, parse_observer, options_.kube_namespace, selector);
    std::erase_if(cluster_.observers, [](const Observer& one) { return one.image.empty(); });
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

  Task<> read_nodes() { nodes_ = co_await reader_.list(ReadId::nodes, parse_node); }

  Task<> read_cilium_nodes() {
    cilium_nodes_ = co_await reader_.list(ReadId::cilium_nodes, parse_cilium_node);
  }

  Task<> read_services() {
    cluster_.services = co_await reader_.list(ReadId::services, parse_service);
    std::map<std::string, kube::EndpointCounter> global;
    for (const ServiceView& service : cluster_.services) {
      if (service.global) global[service.key];
    }
    if (global.empty()) co_return;
    const std::string selector = slice_selector(global);
    kube::ListTaker taker;
    taker.take = [&global](const json::value& slice) {
      const auto service = global.find(service_of_slice(slice));
      if (service != global.end()) service->second.add(slice);
    };
    taker.restart = [&global] {
      for (auto& [key, counter] : global) counter = {};
    };
    co_await reader_.each(ReadId::endpoint_slices, std::string(), selector, std::move(taker));
    for (ServiceView& service : cluster_.services) {
      if (!service.global) continue;
      const kube::ServiceEndpoints counted = global[service.key].counted();
      service.ready = counted.local.ready;
      for (const auto& [cluster, tally] : counted.remote) service.synced[cluster] = tally.ready;
    }
  }

  Task<> read_ingresses() {
    const auto ingresses = co_await reader_.list(ReadId::ingresses, parse_ingress);
    for (const std::vector<WayIn>& ways : ingresses) add_ways(ways);
  }

  Task<> read_classes() {
    const auto classes = co_await reader_.list(ReadId::ingress_classes, parse_ingress_class);
    cluster_.ingress_classes = {classes.begin(), classes.end()};
  }

  Task<> read_controllers() {
    const std::string selector = controller_selector();
    const auto pods =
        co_await reader_.list(ReadId::ingress_pods, parse_controller_pod, std::string(), selector);
    for (const auto& [app, pod] : pods) {
      if (app.empty()) continue;
      ControllerView& all = cluster_.controllers[app];
      all.ready += pod.ready;
      all.total += pod.total;
      all.host_network = all.host_network || pod.host_network;
    }
  }

  // Gateways are of interest only where an HTTPRoute leads through them.
  Task<> read_routes() {
    const auto routes = co_await reader_.list(ReadId::http_routes, parse_route);
    if (routes.empty()) co_return;
    const auto gateways = co_await reader_.list(ReadId::gateways, parse_gateway);
    if (!cluster_.unreadable(std::string(read_of(ReadId::gateways).what))) {
      const std::vector<WayIn> ways = ways_through(gateways, routes);
      add_ways(ways);
    }
    const auto classes = co_await reader_.list(ReadId::gateway_classes, parse_gateway_class);
    cluster_.gateway_classes = {classes.begin(), classes.end()};
  }

  Task<> read_mcs() {
    cluster_.exports = co_await reader_.list(ReadId::service_exports, parse_mcs, std::string(), std::string(),
                                             &cluster_.has_mcs_api);
    if (!cluster_.has_mcs_api) co_return;
    cluster_.imports = co_await reader_.list(ReadId::service_imports, parse_mcs);
  }

  void add_ways(const std::vector<WayIn>& ways) {
    cluster_.ways_in.insert(cluster_.ways_in.end(), ways.begin(), ways.end());
  }

  // What needs several of the answers.
  void finish() {
    join_nodes(std::move(nodes_), std::move(cilium_nodes_), cluster_);
    // In an order that does not depend on whose answer came first.
    std::ranges::sort(cluster_.ways_in, {},
                      [](const WayIn& one) { return std::tie(one.gateway, one.key, one.host, one.service); });
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
  std::vector<NodeView> nodes_, cilium_nodes_;
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
