#include "lab/net/service_backends.hpp"

#include "lab/api/object_fields.hpp"

#include <algorithm>
#include <cctype>

namespace meshdrill::lab {
namespace {

namespace json = boost::json;

std::string lower_annotation(const Object& service, std::string_view key, std::string_view older_key = {}) {
  std::string value = annotation(service, key);
  if (value.empty() && !older_key.empty()) value = annotation(service, older_key);
  std::ranges::transform(value, value.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return value;
}

// Calls `add` with the ready endpoints of each port of a slice, as backends of `cluster`.
template <class Add>
void for_each_ready(const Object& slice, const std::string& cluster, const Add& add) {
  for (const json::value& port : items_at(slice, {"ports"})) {
    if (!port.is_object()) continue;
    const std::string name{text_at(port.get_object(), {"name"})};
    const auto number = static_cast<std::uint16_t>(integer_at(port.get_object(), {"port"}).value_or(0));
    for (const json::value& endpoint : items_at(slice, {"endpoints"})) {
      if (!endpoint.is_object() || !endpoint_ready(endpoint.get_object())) continue;
      for (const json::value& address : items_at(endpoint.get_object(), {"addresses"})) {
        if (address.is_string()) add(name, Backend{cluster, std::string(view(address.get_string())), number});
      }
    }
  }
}

// The same address may stand in two slices of a Service.
void sort_unique(std::vector<Backend>& backends) {
  std::ranges::sort(backends);
  const auto repeated = std::ranges::unique(backends);
  backends.erase(repeated.begin(), repeated.end());
}

}  // namespace

GlobalSettings global_settings(const Object& service) {
  GlobalSettings settings;
  settings.global =
      lower_annotation(service, "service.cilium.io/global", "io.cilium/global-service") == "true";
  const std::string shared =
      lower_annotation(service, "service.cilium.io/shared", "io.cilium/shared-service");
  settings.shared = settings.global && (shared.empty() || shared == "true");
  if (settings.global) {
    const std::string affinity =
        lower_annotation(service, "service.cilium.io/affinity", "io.cilium/service-affinity");
    if (affinity == "local") settings.affinity = GlobalSettings::Affinity::local;
    if (affinity == "remote") settings.affinity = GlobalSettings::Affinity::remote;
    const std::string sync = lower_annotation(service, "service.cilium.io/global-sync-endpoint-slices");
    const bool headless = text_at(service, {"spec", "clusterIP"}) == "None";
    settings.sync_endpoint_slices = sync.empty() ? headless : sync == "true";
  }
  return settings;
}

PortBackends local_backends(const Object& service, const std::vector<ObjectPtr>& slices,
                            const std::string& cluster) {
  PortBackends backends;
  for (const ObjectPtr& slice : slices) {
    if (label(*slice, service_name_label) != name_of(service)) continue;
    if (!label(*slice, source_cluster_label).empty()) continue;
    for_each_ready(*slice, cluster, [&](const std::string& port, Backend backend) {
      backends[port].push_back(std::move(backend));
    });
  }
  for (auto& [port, list] : backends) sort_unique(list);
  return backends;
}

std::vector<Backend> usable_backends(const GlobalSettings& settings, const std::vector<Backend>& local,
                                     const std::vector<Backend>& remote) {
  if (!settings.global) return local;
  if (settings.affinity == GlobalSettings::Affinity::local && !local.empty()) return local;
  if (settings.affinity == GlobalSettings::Affinity::remote && !remote.empty()) return remote;
  std::vector<Backend> all = local;
  all.insert(all.end(), remote.begin(), remote.end());
  return all;
}

std::vector<Backend> ready_endpoints(const std::vector<ObjectPtr>& slices, std::string_view service,
                                     std::string_view port_name) {
  std::vector<Backend> backends;
  for (const ObjectPtr& slice : slices) {
    if (label(*slice, service_name_label) != service) continue;
    for_each_ready(*slice, label(*slice, source_cluster_label),
                   [&](const std::string& port, Backend backend) {
                     if (port == port_name) backends.push_back(std::move(backend));
                   });
  }
  sort_unique(backends);
  return backends;
}

}  // namespace meshdrill::lab
