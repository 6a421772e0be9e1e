// The records that give the ingress's name every cluster's address.
#include "base/yaml_writer.hpp"
#include "mesh/render/render.hpp"

#include <algorithm>
#include <array>

#include <boost/json.hpp>
#include <fmt/format.h>

namespace meshdrill::mesh {
namespace {

using boost::json::array;
using boost::json::object;

struct Record {
  std::string type;
  std::string address;
  std::string cluster;
};

std::string_view type_of(Family family) {
  return family == Family::ipv4 ? "A" : "AAAA";
}

std::vector<Record> records_of(const Mesh& mesh) {
  std::vector<Record> records;
  for (const Cluster& cluster : mesh.clusters) {
    for (const LocatedAddress& item : cluster.ingress) {
      records.push_back({std::string{type_of(item.address.family)}, to_string(item.address), cluster.name});
    }
  }
  return records;
}

// Fully qualified, so that no $ORIGIN is added to it.
std::string zone_snippet(const Mesh& mesh, const std::vector<Record>& records) {
  std::string text =
      fmt::format("; {} for a zone file; raise the serial of the SOA with it. Written by meshdrill.\n",
                  mesh.ingress->host);
  for (const Record& record : records) {
    text += fmt::format("{}. {} IN {} {} ; {}\n", mesh.ingress->host, mesh.dns.ttl, record.type,
                        record.address, record.cluster);
  }
  return text;
}

// One update message: the server takes all of it or nothing, so that the name is never without addresses.
std::string update_script(const Mesh& mesh, const std::vector<Record>& records) {
  const std::string& host = mesh.ingress->host;
  std::string text = "; For nsupdate -k KEYFILE. Written by meshdrill.\n";
  if (!mesh.dns.server.empty()) text += fmt::format("server {}\n", mesh.dns.server);
  if (!mesh.dns.zone.empty()) text += fmt::format("zone {}.\n", mesh.dns.zone);
  for (const std::string_view type : {"A", "AAAA"}) text += fmt::format("update delete {}. {}\n", host, type);
  for (const Record& record : records) {
    text += fmt::format("update add {}. {} {} {}\n", host, mesh.dns.ttl, record.type, record.address);
  }
  return text + "send\n";
}

std::string endpoint_manifest(const Mesh& mesh, const std::vector<Record>& records) {
  array endpoints;
  for (const std::string_view type : {"A", "AAAA"}) {
    array targets;
    for (const Record& record : records) {
      if (record.type == type) targets.emplace_back(record.address);
    }
    if (targets.empty()) continue;
    endpoints.emplace_back(object{{"dnsName", mesh.ingress->host},
                                  {"recordTTL", mesh.dns.ttl},
                                  {"recordType", type},
                                  {"targets", std::move(targets)}});
  }
  return "# For external-dns with --source=crd, in one cluster alone. Written by meshdrill.\n" +
         to_yaml(object{{"apiVersion", "externaldns.k8s.io/v1alpha1"},
                        {"kind", "DNSEndpoint"},
                        {"metadata", object{{"name", mesh.name}, {"namespace", mesh.dns.kube_namespace}}},
                        {"spec", object{{"endpoints", std::move(endpoints)}}}});
}

}  // namespace

std::vector<RenderedFile> render_dns(const Mesh& mesh) {
  if (!mesh.ingress) return {};
  const std::vector<Record> records = records_of(mesh);
  if (records.empty()) return {};
  return {{"dns/records.zone", zone_snippet(mesh, records)},
          {"dns/nsupdate.txt", update_script(mesh, records)},
          {"dns/dnsendpoint.yaml", endpoint_manifest(mesh, records)}};
}

}  // namespace meshdrill::mesh
