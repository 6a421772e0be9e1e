#include "mesh/allocate/lock.hpp"

#include "base/yaml_writer.hpp"
#include "mesh/read/read_fields.hpp"
#include "mesh/read/read_mesh.hpp"

#include <boost/json.hpp>

namespace meshdrill::mesh {
namespace {

LockEntry read_entry(MapReader& map) {
  LockEntry entry;
  map.require("name");
  entry.name = map.string("name").value_or("");
  entry.context = map.string("context").value_or(entry.name);
  if (const auto id = map.integer("id", 1, 511)) entry.id = static_cast<int>(*id);
  read_ipam(map, entry.ipam);
  for (const LocatedPrefix& pods : read_prefixes(map, "podCIDRs")) entry.pod_cidrs.push_back(pods.prefix);
  if (const auto port = map.integer("nodePort", 1, 65535)) entry.node_port = static_cast<int>(*port);
  return entry;
}

boost::json::object to_json(const LockEntry& entry) {
  boost::json::object json{{"name", entry.name}, {"context", entry.context}};
  if (entry.id) json["id"] = *entry.id;
  if (entry.ipam != Ipam::cluster_pool) json["ipam"] = name_of(entry.ipam);
  boost::json::array pods;
  for (const IpPrefix& prefix : entry.pod_cidrs) pods.emplace_back(to_string(prefix));
  if (!pods.empty()) json["podCIDRs"] = std::move(pods);
  if (entry.node_port) json["nodePort"] = *entry.node_port;
  return json;
}

boost::json::array to_json(const std::vector<LockEntry>& entries) {
  boost::json::array list;
  for (const LockEntry& entry : entries) list.emplace_back(to_json(entry));
  return list;
}

Checked<Lock> read_lock_document(const Node& document, const std::string& file) {
  Diagnostics diagnostics;
  Lock lock;
  lock.file = file;
  MapReader map{document, "", diagnostics};
  lock.mesh = read_header(map, "MeshLock");
  if (const auto most = map.integer("maxConnectedClusters", 1, 511)) {
    lock.max_connected_clusters = static_cast<int>(*most);
  }
  map.section("node", [&](MapReader& node) {
    for (const Family family : {Family::ipv4, Family::ipv6}) {
      if (const auto length = node.integer(name_of(family), 1, width(family)))
        lock.node(family) = static_cast<int>(*length);
    }
  });
  map.require("clusters");
  map.items("clusters", [&](MapReader& item) { lock.clusters.push_back(read_entry(item)); });
  map.items("removed", [&](MapReader& item) { lock.removed.push_back(read_entry(item)); });
  map.finish();
  if (has_errors(diagnostics)) return tl::unexpected(std::move(diagnostics));
  return lock;
}

}  // namespace

std::filesystem::path lock_path(const std::filesystem::path& mesh_file) {
  std::filesystem::path path = mesh_file;
  return path.replace_extension(".lock.yaml");
}

Checked<Lock> read_lock_text(std::string_view text, const std::string& file) {
  return parse_document(text, file, mesh_file_limits).and_then([&](const Node& document) {
    return read_lock_document(document, file);
  });
}

Checked<Lock> read_lock(const std::filesystem::path& path) {
  const std::string file = path.string();
  std::error_code error;
  if (!std::filesystem::exists(path, error) && !error) {
    Lock none;
    none.file = file;
    return none;
  }
  return read_document(file, mesh_file_limits).and_then([&](const Node& document) {
    return read_lock_document(document, file);
  });
}

std::string to_yaml(const Lock& lock) {
  boost::json::object json{{"apiVersion", "meshdrill/v1"},
                           {"kind", "MeshLock"},
                           {"metadata", boost::json::object{{"name", lock.mesh}}}};
  if (lock.max_connected_clusters) json["maxConnectedClusters"] = *lock.max_connected_clusters;
  boost::json::object node;
  for (const Family family : {Family::ipv4, Family::ipv6}) {
    if (lock.node(family)) node[name_of(family)] = *lock.node(family);
  }
  if (!node.empty()) json["node"] = std::move(node);
  json["clusters"] = to_json(lock.clusters);
  if (!lock.removed.empty()) json["removed"] = to_json(lock.removed);
  return "# What meshdrill gave to each cluster. Keep it beside the mesh file and in version control: "
         "without it the\n"
         "# numbers of live clusters could change. Clusters under \"removed\" keep theirs until deleted "
         "here.\n" +
         meshdrill::to_yaml(boost::json::value(std::move(json)));
}

}  // namespace meshdrill::mesh
