#include "drill/observer.hpp"

#include "kube/endpoints.hpp"
#include "kube/resource.hpp"

#include <exception>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <fmt/format.h>

namespace meshdrill::drill {
namespace {

std::string name_of(const boost::json::value& object) {
  return std::string{object.at("metadata").at("name").as_string()};
}

}  // namespace

Observer::Observer(Executor executor, const std::vector<Cluster>& clusters, const Scenario& scenario,
                   Events events)
    : executor_(executor), clusters_(clusters), scenario_(scenario), events_(std::move(events)) {}

void Observer::start() {
  for (const Cluster& cluster : clusters_) {
    spawn(follow_endpoints(&cluster));
    if (cluster.name == scenario_.target.cluster) spawn(follow_deployments(&cluster));
  }
}

void Observer::spawn(Task<> task) {
  ++running_;
  signals_.push_back(std::make_unique<asio::cancellation_signal>());
  // A watch that breaks is not the drill's end: what it would have proved is then missing, and the verdict
  // says so.
  asio::co_spawn(executor_, std::move(task),
                 asio::bind_cancellation_slot(signals_.back()->slot(),
                                              [this](const std::exception_ptr&) { --running_; }));
}

void Observer::stop() {
  for (const auto& signal : signals_) signal->emit(asio::cancellation_type::terminal);
}

Task<> Observer::follow_endpoints(const Cluster* cluster) {
  kube::WatchOptions options;
  options.list.path = kube::collection_path(kube::endpoint_slices(), scenario_.target.service.ns);
  options.list.label_selector = fmt::format("kubernetes.io/service-name={}", scenario_.target.service.name);
  std::map<std::string, boost::json::value> slices;
  const kube::WatchHandler handler = [&](const kube::WatchEvent& event) {
    take_slices(*cluster, slices, event);
    return true;
  };
  co_await kube::watch(*cluster->client, options, handler);
}

Task<> Observer::follow_deployments(const Cluster* cluster) {
  kube::WatchOptions options;
  options.list.path = kube::collection_path(kube::deployments(), scenario_.target.service.ns);
  const kube::WatchHandler handler = [&](const kube::WatchEvent& event) {
    take_deployment(event);
    return true;
  };
  co_await kube::watch(*cluster->client, options, handler);
}

void Observer::take_slices(const Cluster& cluster, std::map<std::string, boost::json::value>& slices,
                           const kube::WatchEvent& event) {
  switch (event.type) {
    case kube::WatchEvent::Type::synced:
      slices.clear();
      for (const boost::json::value& slice : event.items) slices[name_of(slice)] = slice;
      break;
    case kube::WatchEvent::Type::added:
    case kube::WatchEvent::Type::modified:
      slices[name_of(event.object)] = event.object;
      break;
    case kube::WatchEvent::Type::deleted:
      slices.erase(name_of(event.object));
      break;
    case kube::WatchEvent::Type::disconnected:
      return;
  }
  std::vector<boost::json::value> all;
  for (const auto& [name, slice] : slices) all.push_back(slice);
  const int ready = kube::count_endpoints(all).local.ready;
  const auto known = ready_.find(cluster.name);
  if (known != ready_.end() && known->second == ready) return;
  ready_[cluster.name] = ready;
  events_.endpoints(cluster.name, ready);
}

void Observer::take_deployment(const kube::WatchEvent& event) {
  switch (event.type) {
    case kube::WatchEvent::Type::synced:
      for (const boost::json::value& item : event.items)
        events_.deployment(kube::parse_deployment(item), false);
      return;
    case kube::WatchEvent::Type::added:
    case kube::WatchEvent::Type::modified:
      events_.deployment(kube::parse_deployment(event.object), false);
      return;
    case kube::WatchEvent::Type::deleted:
      events_.deployment(kube::parse_deployment(event.object), true);
      return;
    case kube::WatchEvent::Type::disconnected:
      return;
  }
}

}  // namespace meshdrill::drill
