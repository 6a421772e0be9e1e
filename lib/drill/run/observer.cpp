#include "drill/run/observer.hpp"

#include "kube/endpoints.hpp"
#include "kube/json_fields.hpp"
#include "kube/resource.hpp"

#include <exception>
#include <set>
#include <utility>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <fmt/format.h>

namespace meshdrill::drill {
namespace {

std::string name_of(const boost::json::value& object) {
  return std::string{object.at("metadata").at("name").as_string()};
}

}  // namespace

Observer::Observer(Executor executor, const std::vector<Cluster>& clusters, Events events)
    : executor_(executor), clusters_(clusters), events_(std::move(events)) {}

void Observer::start(const ObjectName& service, const std::string& target, std::vector<Change> changes) {
  changes_ = std::move(changes);
  std::set<std::pair<ObjectKind, std::string>> followed;
  for (const Cluster& cluster : clusters_) {
    spawn(follow_endpoints(&cluster, service));
    if (cluster.name != target) continue;
    for (const Change& change : changes_) {
      const bool first = followed.emplace(change.object_kind, change.object.ns).second;
      if (first) spawn(follow_objects(&cluster, change.object_kind, change.object.ns));
    }
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

Task<> Observer::follow_endpoints(const Cluster* cluster, ObjectName service) {
  kube::ApiResult<kube::ResourceType> slices_here = co_await kube::discover_endpoint_slices(*cluster->client);
  kube::WatchOptions options;
  options.list.path = kube::collection_path(slices_here.value_or(kube::endpoint_slices()), service.ns);
  options.list.label_selector = fmt::format("kubernetes.io/service-name={}", service.name);
  std::map<std::string, boost::json::value> slices;
  const kube::WatchHandler handler = [&](const kube::WatchEvent& event) {
    take_slices(*cluster, slices, event);
    return true;
  };
  co_await kube::watch(*cluster->client, options, handler);
}

Task<> Observer::follow_objects(const Cluster* cluster, ObjectKind kind, std::string ns) {
  kube::WatchOptions options;
  options.list.path = kube::collection_path(resource_type(kind), ns);
  const kube::WatchHandler handler = [&](const kube::WatchEvent& event) {
    for (const boost::json::value& item : event.items) take_object(item, kind, false);
    if (event.object.is_object())
      take_object(event.object, kind, event.type == kube::WatchEvent::Type::deleted);
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

void Observer::take_object(const boost::json::value& object, ObjectKind kind, bool deleted) {
  const ObjectName name{kube::text_field(object, "/metadata/namespace"),
                        kube::text_field(object, "/metadata/name")};
  for (const Change& change : changes_) {
    if (change.object_kind == kind && change.object == name) events_.object(change, object, deleted);
  }
}

}  // namespace meshdrill::drill
