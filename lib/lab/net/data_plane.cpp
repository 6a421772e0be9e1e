#include "lab/net/data_plane.hpp"

#include <algorithm>

namespace meshdrill::lab {

DataPlane::DataPlane(Executor executor, ObjectStore& store, ClusterMesh& mesh, std::string cluster,
                     Random& random)
    : store_(store),
      mesh_(mesh),
      cluster_(std::move(cluster)),
      random_(random),
      queue_(executor, [this](const ObjectKey& key) { update(key); }),
      subscription_(store.subscribe([this](const Change& change) { on_change(change); })) {
  for (const ObjectPtr& service : store_.list("services")) queue_.add(key_of(*service));
}

void DataPlane::on_change(const Change& change) {
  if (change.resource == "services") {
    queue_.add(key_of(*change.object));
  } else if (change.resource == "endpointslices") {
    queue_.add({std::string(namespace_of(*change.object)), label(*change.object, service_name_label)});
  }
}

void DataPlane::update(const ObjectKey& key) {
  const ObjectPtr service = store_.get("services", key.ns, key.name);
  if (!service) {
    local_.erase(key);
    mesh_.publish(cluster_, key, {});
    return;
  }
  const PortBackends& backends = local_[key] =
      local_backends(*service, store_.list("endpointslices", key.ns), cluster_);
  remember(key);
  mesh_.publish(cluster_, key, global_settings(*service).shared ? backends : PortBackends{});
}

void DataPlane::remote_changed(const ObjectKey& service) {
  remember(service);
}

void DataPlane::keep_stale(bool on) {
  stale_ = on;
  remembered_.clear();
  if (!on) return;
  for (const ObjectPtr& service : store_.list("services")) remember(key_of(*service));
}

void DataPlane::remember(const ObjectKey& key) {
  if (!stale_) return;
  Remembered& remembered = remembered_[key];
  const auto add = [&remembered](const PortBackends& backends) {
    for (const auto& [port, list] : backends) remembered[port].insert(list.begin(), list.end());
  };
  if (const auto local = local_.find(key); local != local_.end()) add(local->second);
  add(remote_backends(key));
}

PortBackends DataPlane::remote_backends(const ObjectKey& key) const {
  PortBackends all;
  for (const auto& [cluster, ports] : mesh_.shared_with(cluster_, key)) {
    for (const auto& [port, list] : ports) all[port].insert(all[port].end(), list.begin(), list.end());
  }
  return all;
}

DataPlane::Sides DataPlane::sides(const ObjectKey& key, const std::string& port_name) const {
  Sides sides;
  if (const auto local = local_.find(key); local != local_.end()) {
    if (const auto port = local->second.find(port_name); port != local->second.end())
      sides.local = port->second;
  }
  PortBackends remote = remote_backends(key);
  sides.remote = std::move(remote[port_name]);
  const auto service = remembered_.find(key);
  if (service == remembered_.end()) return sides;
  const auto port = service->second.find(port_name);
  if (port == service->second.end()) return sides;
  for (const Backend& backend : port->second) {
    std::vector<Backend>& side = backend.cluster == cluster_ ? sides.local : sides.remote;
    if (std::ranges::find(side, backend) == side.end()) side.push_back(backend);
  }
  return sides;
}

std::optional<Backend> DataPlane::pick(const ObjectKey& service, const std::string& port_name) {
  const ObjectPtr object = store_.get("services", service.ns, service.name);
  if (!object) return std::nullopt;
  const Sides known = sides(service, port_name);
  const std::vector<Backend> usable = usable_backends(global_settings(*object), known.local, known.remote);
  if (usable.empty()) return std::nullopt;
  if (balance_ == Balance::sticky) return *std::ranges::min_element(usable);
  std::vector<double> weights(usable.size(), 1.0);
  if (balance_ == Balance::skewed) {
    for (std::size_t i = 0; i < usable.size(); ++i)
      weights[i] = usable[i].cluster == cluster_ ? 9.0 / static_cast<double>(known.local.size())
                                                 : 1.0 / static_cast<double>(known.remote.size());
  }
  std::discrete_distribution<std::size_t> choose(weights.begin(), weights.end());
  return usable[choose(random_)];
}

}  // namespace meshdrill::lab
