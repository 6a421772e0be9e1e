#include "lab/controllers/slice_sync.hpp"

#include "lab/controllers/endpoint_slices.hpp"

namespace meshdrill::lab {
namespace {

namespace json = boost::json;

constexpr std::string_view manager = "endpointslice-mesh-controller.cilium.io";

// One slice for each name and number of a port: not all backends need have all of them.
std::vector<SliceContent> contents(const PortBackends& backends) {
  std::map<std::pair<std::string, std::uint16_t>, SliceContent> slices;
  for (const auto& [port, list] : backends) {
    for (const Backend& backend : list) {
      Object endpoint{{"addresses", json::array{json::value(backend.address)}}};
      endpoint["conditions"] = Object{{"ready", true}, {"serving", true}, {"terminating", false}};
      slices[{port, backend.port}].endpoints.emplace_back(std::move(endpoint));
    }
  }
  std::vector<SliceContent> made;
  for (auto& [port, slice] : slices) {
    slice.ports.emplace_back(
        Object{{"name", port.first}, {"port", std::int64_t{port.second}}, {"protocol", "TCP"}});
    made.push_back(std::move(slice));
  }
  return made;
}

}  // namespace

SliceSync::SliceSync(Executor executor, ObjectStore& store, ClusterMesh& mesh, std::string cluster)
    : store_(store),
      mesh_(mesh),
      cluster_(std::move(cluster)),
      queue_(executor, [this](const ObjectKey& key) { reconcile(key); }),
      subscription_(store.subscribe([this](const Change& change) {
        if (change.resource == "services") queue_.add(key_of(*change.object));
      })) {
  for (const ObjectPtr& service : store_.list("services")) queue_.add(key_of(*service));
}

void SliceSync::reconcile(const ObjectKey& key) {
  const ObjectPtr service = store_.get("services", key.ns, key.name);
  if (!service) return;  // its slices went with it
  const bool wanted = global_settings(*service).sync_endpoint_slices;
  for (const auto& [source, backends] : mesh_.shared_with(cluster_, key)) {
    mirror(*service, source, wanted ? backends : PortBackends{});
  }
}

void SliceSync::mirror(const Object& service, const std::string& source, const PortBackends& backends) {
  SliceOwner owner{
      .service = service, .name_prefix = std::string(name_of(service)) + "-" + source + "-", .labels = {}};
  owner.labels[service_name_label] = name_of(service);
  owner.labels[managed_by_label] = manager;
  owner.labels[source_cluster_label] = source;
  store_slices(store_, owner, contents(backends));
}

}  // namespace meshdrill::lab
