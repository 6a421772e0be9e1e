#include "mesh/render/render_peers.hpp"

#include "base/base64.hpp"
#include "base/yaml_writer.hpp"
#include "mesh/render/render_parts.hpp"

#include <algorithm>

#include <boost/json.hpp>

namespace meshdrill::mesh {
namespace {

using boost::json::array;
using boost::json::object;

// How others reach `peer`. With a CA of their own in common they need no keys here, which are deprecated and
// cost 9.7 KB of the Helm release each.
object peer_values(const Cluster& peer, const TrustMaterial& material, bool with_name) {
  object entry;
  if (with_name) entry["name"] = peer.name;
  entry["port"] = peer.apiserver.port.value();
  if (!peer.apiserver.address.empty()) {
    entry["address"] = peer.apiserver.address;
  } else {
    array ips;
    for (const LocatedAddress& ip : peer.apiserver.ips) ips.emplace_back(to_string(ip.address));
    entry["ips"] = std::move(ips);
  }
  if (const auto found = material.peers.find(peer.name); found != material.peers.end()) {
    const TrustMaterial::Peer& tls = found->second;
    entry["tls"] = object{{"cert", encode_base64(tls.pair.certificate)},
                          {"key", encode_base64(tls.pair.key)},
                          {"caCert", encode_base64(tls.authority)}};
  }
  return entry;
}

void append_indented(std::string& to, std::string_view text, std::size_t indent) {
  while (!text.empty()) {
    const std::size_t end = text.find('\n') + 1;
    to.append(indent, ' ').append(text.substr(0, end));
    text.remove_prefix(end);
  }
}

}  // namespace

PeerValues::Entries PeerValues::entries(const Mesh& mesh, const TrustMaterial& material, bool as_map,
                                        std::size_t indent) {
  Entries all;
  for (const Cluster& peer : mesh.clusters) {
    all.starts.push_back(all.text.size());
    object values = peer_values(peer, material, !as_map);
    append_indented(all.text,
                    as_map ? to_yaml(nest(peer.name, std::move(values))) : to_yaml(array{std::move(values)}),
                    indent);
  }
  all.starts.push_back(all.text.size());
  return all;
}

PeerValues::PeerValues(const Mesh& mesh, const TrustMaterial& material) {
  const object none{{"clustermesh", object{{"config", object{{"clusters", object{}}}}}}};
  empty_ = to_yaml(nest(mesh.cilium.values_key, none));
  head_ = empty_.substr(0, empty_.size() - std::string_view{" {}\n"}.size()) + "\n";
  for (const Cluster& cluster : mesh.clusters) as_map_.push_back(minor_of(cluster.version).clusters_as_map);
  constexpr std::size_t indent = 2;
  const std::size_t depth = mesh.cilium.values_key.empty() ? 3 : 4;
  const auto some = [&](bool as_map) {
    return std::find(as_map_.begin(), as_map_.end(), as_map) != as_map_.end();
  };
  if (some(true)) map_ = entries(mesh, material, true, depth * indent);
  if (some(false)) list_ = entries(mesh, material, false, depth * indent);
}

std::string PeerValues::of(std::size_t index) const {
  const Entries& all = as_map_[index] ? map_ : list_;
  const std::size_t own = all.starts[index];
  const std::size_t after = all.starts[index + 1];
  if (after - own == all.text.size()) return empty_;
  std::string text;
  text.reserve(head_.size() + all.text.size() - (after - own));
  text.append(head_).append(all.text, 0, own).append(all.text, after);
  return text;
}

}  // namespace meshdrill::mesh
