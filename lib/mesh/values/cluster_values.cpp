#include "mesh/values/cluster_values.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include <fmt/format.h>

namespace meshdrill::mesh::values {
namespace {

using Kind = HelmValue::Kind;

// Reads settings of the chart by their path.
class SettingReader {
 public:
  SettingReader(const HelmValue& cilium, const Location& whole) : cilium_(cilium), whole_(whole) {}

  Setting<std::string> text(std::string_view path, std::string fallback) const {
    const HelmValue* value = find(path);
    if (value == nullptr || value->kind == Kind::list || value->kind == Kind::map) {
      return {std::move(fallback), whole_, false};
    }
    return {value->text, value->where, true};
  }

  Setting<bool> boolean(std::string_view path, bool fallback) const {
    const HelmValue* value = find(path);
    if (value == nullptr || value->kind != Kind::boolean) return {fallback, whole_, false};
    return {value->boolean, value->where, true};
  }

  // A number in quotes counts as well: that it should have none is reported elsewhere.
  Setting<long long> integer(std::string_view path, long long fallback) const {
    const HelmValue* value = find(path);
    if (value == nullptr) return {fallback, whole_, false};
    if (const auto number = value->integer()) return {*number, value->where, true};
    long long number = 0;
    const char* const end = value->text.data() + value->text.size();
    const auto [stop, status] = std::from_chars(value->text.data(), end, number);
    if (status != std::errc{} || stop != end || value->text.empty()) return {fallback, whole_, false};
    return {number, value->where, true};
  }

  // The strings of a list, or one string's own words.
  std::vector<Setting<std::string>> texts(std::string_view path) const {
    std::vector<Setting<std::string>> read;
    const HelmValue* value = find(path);
    if (value == nullptr) return read;
    for (const HelmValue& item : value->items) {
      if (item.kind == Kind::string) read.push_back({item.text, item.where, true});
    }
    if (value->kind != Kind::string) return read;
    std::string_view rest = value->text;
    while (!rest.empty()) {
      const std::size_t end = std::min(rest.find_first_of(" ,"), rest.size());
      if (end > 0) read.push_back({std::string{rest.substr(0, end)}, value->where, true});
      rest.remove_prefix(std::min(end + 1, rest.size()));
    }
    return read;
  }

  // The value, or nullptr when it is absent or null, which leaves the chart's default.
  const HelmValue* find(std::string_view path) const {
    const HelmValue* value = cilium_.find(path);
    return value == nullptr || value->kind == Kind::null ? nullptr : value;
  }

 private:
  const HelmValue& cilium_;
  const Location& whole_;
};

// The prefix with its host bits cleared, as Go's parser clears them for Cilium.
std::optional<IpPrefix> masked(std::string_view text) {
  const std::size_t slash = std::min(text.find('/'), text.size());
  const auto address = parse_ip(text.substr(0, slash));
  const std::string_view digits = text.substr(std::min(slash + 1, text.size()));
  int length = -1;
  const auto [stop, status] = std::from_chars(digits.data(), digits.data() + digits.size(), length);
  if (!address || status != std::errc{} || stop != digits.data() + digits.size()) return std::nullopt;
  if (length < 0 || length > width(address->family)) return std::nullopt;
  // A shift by the whole width is undefined, and a /0 keeps nothing.
  const int host_bits = width(address->family) - length;
  const uint128 value = length == 0 ? 0 : (address->value >> host_bits) << host_bits;
  return IpPrefix{{address->family, value}, length};
}

std::vector<LocatedPrefix> read_prefixes(const SettingReader& read, std::string_view path, Family family,
                                         Findings& found) {
  std::vector<LocatedPrefix> prefixes;
  for (const Setting<std::string>& text : read.texts(path)) {
    const auto prefix = masked(text.value);
    if (!prefix) {
      found.error("pod-cidr-form", text.where,
                  fmt::format("{}: \"{}\" is no CIDR", path, printable(text.value)),
                  family == Family::ipv4 ? "Write it as 10.16.0.0/16." : "Write it as fd00:10::/104.");
      continue;
    }
    if (prefix->family() != family) {
      found.error(
          "pod-cidr-family", text.where,
          fmt::format("{}: {} is of the other address family; the operator does not start", path, text.value),
          "Move it to the list of its family.");
      continue;
    }
    if (const auto strict = parse_prefix(text.value); !strict) {
      found.warning("pod-cidr-host-bits", text.where,
                    fmt::format("{}: Cilium reads {} as {}", path, text.value, to_string(*prefix)),
                    "Write what Cilium reads.");
    }
    prefixes.push_back({*prefix, text.where});
  }
  return prefixes;
}

PodPool read_pool(const SettingReader& read, Family family, const Location& whole, Findings& found) {
  const bool v4 = family == Family::ipv4;
  const std::string list =
      v4 ? "ipam.operator.clusterPoolIPv4PodCIDRList" : "ipam.operator.clusterPoolIPv6PodCIDRList";
  PodPool pool;
  pool.enabled = read.boolean(v4 ? "ipv4.enabled" : "ipv6.enabled", v4);
  const HelmValue* value = read.find(list);
  pool.written = value != nullptr;
  pool.where = value == nullptr ? whole : value->where;
  pool.prefixes = read_prefixes(read, list, family, found);
  const auto mask = read.integer(
      v4 ? "ipam.operator.clusterPoolIPv4MaskSize" : "ipam.operator.clusterPoolIPv6MaskSize", v4 ? 24 : 120);
  pool.mask = {static_cast<int>(std::clamp<long long>(mask.value, -1, 1000)), mask.where, mask.written};
  pool.native = read_prefixes(read, v4 ? "ipv4NativeRoutingCIDR" : "ipv6NativeRoutingCIDR", family, found);
  return pool;
}

// Takes the peers out of `cilium`: of what 511 clusters say, this is nearly everything.
void take_peers(HelmValue& cilium, std::optional<int> minor, ClusterValues& cluster, Findings& found) {
  HelmValue* value = &cilium;
  for (const std::string_view key : {"clustermesh", "config", "clusters"}) {
    const auto entry = std::find_if(value->entries.begin(), value->entries.end(),
                                    [&](const HelmValue::Entry& known) { return known.key == key; });
    if (entry == value->entries.end()) return;
    value = &entry->value;
  }
  cluster.peers = read_peers(*value, minor, found);
  value->entries = {};
  value->items = {};
}

void read_mesh_settings(const SettingReader& read, ClusterValues& cluster) {
  cluster.use_apiserver = read.boolean("clustermesh.useAPIServer", false);
  cluster.connected = read.boolean("clustermesh.config.enabled", false);
  cluster.domain = read.text("clustermesh.config.domain", "mesh.cilium.io");
  cluster.service_type = read.text("clustermesh.apiserver.service.type", "NodePort");
  cluster.node_port = read.integer("clustermesh.apiserver.service.nodePort", 32379);
  cluster.auth_mode = read.text("clustermesh.apiserver.tls.authMode", "");
  cluster.certificates_auto = read.boolean("clustermesh.apiserver.tls.auto.enabled", true);
  cluster.certificate_method = read.text("clustermesh.apiserver.tls.auto.method", "helm");
  cluster.ca_certificate = read.text("tls.ca.cert", "");
  cluster.ca_bundle = read.boolean("tls.caBundle.enabled", false);
  for (const std::string_view parent :
       {"clustermesh.apiserver.tls.server", "clustermesh.apiserver.tls.auto.server"}) {
    for (const std::string_view key : {"extraDnsNames", "extraIpAddresses"}) {
      for (const auto& name : read.texts(fmt::format("{}.{}", parent, key)))
        cluster.server_names.push_back(name.value);
    }
  }
}

void read_datapath(const SettingReader& read, ClusterValues& cluster) {
  cluster.ipam_mode = read.text("ipam.mode", "cluster-pool");
  cluster.routing_mode = read.text("routingMode", "");
  if (cluster.routing_mode.value.empty()) cluster.routing_mode.value = "tunnel";
  cluster.tunnel_protocol = read.text("tunnelProtocol", "");
  if (cluster.tunnel_protocol.value.empty()) cluster.tunnel_protocol.value = "vxlan";
  cluster.kube_proxy_replacement = read.text("kubeProxyReplacement", "false");
  cluster.chaining_mode = read.text("cni.chainingMode", "none");
  const auto encrypted = read.boolean("encryption.enabled", false);
  cluster.encryption = read.text("encryption.type", "ipsec");
  if (!encrypted.value) cluster.encryption = {"off", encrypted.where, encrypted.written};
}

bool is_section(const HelmValue* value) {
  return value != nullptr && value->kind == Kind::map;
}

// Whether the sections that make a mesh stand right here.
bool looks_like_cilium(const HelmValue& values) {
  return std::any_of(values.entries.begin(), values.entries.end(), [](const HelmValue::Entry& entry) {
    const bool named = entry.key == "cluster" || entry.key == "clustermesh" || entry.key == "ipam";
    return named && is_section(&entry.value);
  });
}

struct Place {
  std::string subchart;
  HelmValue* cilium = nullptr;
};

std::optional<Place> find_cilium(HelmValue& values, const Location& whole, std::string_view subchart,
                                 Findings& found) {
  if (!subchart.empty()) {
    std::vector<std::string_view> sections;
    for (HelmValue::Entry& entry : values.entries) {
      if (!is_section(&entry.value)) continue;
      if (entry.key == subchart) return Place{entry.key, &entry.value};
      sections.emplace_back(entry.key);
    }
    const std::string near = closest(subchart, sections);
    found.error("no-cilium-values", whole, fmt::format("there is no map under \"{}\"", printable(subchart)),
                near.empty() ? std::string{} : fmt::format("Did you mean {}?", printable(near)));
    return std::nullopt;
  }
  const bool plain = looks_like_cilium(values);
  std::vector<Place> nested;
  for (HelmValue::Entry& entry : values.entries) {
    if (is_section(&entry.value) && looks_like_cilium(entry.value))
      nested.push_back({entry.key, &entry.value});
  }
  if (nested.size() > 1) {
    found.error(
        "no-cilium-values", whole,
        fmt::format("Cilium's values may stand under {} or under {}", nested[0].subchart, nested[1].subchart),
        "Say which with --values-key.");
    return std::nullopt;
  }
  if (nested.empty() && plain) return Place{"", &values};
  if (nested.empty()) {
    found.error("no-cilium-values", whole,
                "neither cluster nor clustermesh nor ipam is set here, at the top or one "
                "level down",
                "Give the values of the Cilium chart, or of an umbrella chart with --values-key.");
    return std::nullopt;
  }
  return nested.front();
}

// What hardly any other chart has at the top of its values.
constexpr std::array<std::string_view, 8> ciliums_own{"cluster",
                                                      "clustermesh",
                                                      "ipam",
                                                      "routingMode",
                                                      "tunnelProtocol",
                                                      "ipv4NativeRoutingCIDR",
                                                      "ipv6NativeRoutingCIDR",
                                                      "kubeProxyReplacement"};

// In an umbrella chart's values, Helm hands only what stands under the key to the Cilium chart.
void check_outside(const HelmValue& values, const Place& place, Findings& found) {
  if (place.subchart.empty()) return;
  for (const HelmValue::Entry& entry : values.entries) {
    if (std::find(ciliums_own.begin(), ciliums_own.end(), entry.key) == ciliums_own.end()) continue;
    found.warning(
        "outside-subchart", entry.key_where,
        fmt::format("{} stands beside {}, so Helm does not hand it to Cilium", entry.key, place.subchart),
        fmt::format("Move it under {}.", place.subchart));
  }
}

}  // namespace

std::string ClusterValues::label() const {
  return name.written && !name.value.empty() ? printable(name.value) : files;
}

std::optional<ClusterValues> read_cluster_values(HelmValue values, std::string files, const Location& whole,
                                                 std::string_view subchart, std::optional<int> minor,
                                                 Findings& found) {
  const auto place = find_cilium(values, whole, subchart, found);
  if (!place) return std::nullopt;
  check_outside(values, *place, found);
  ClusterValues cluster;
  cluster.files = std::move(files);
  cluster.whole = whole;
  cluster.subchart = place->subchart;
  cluster.cilium = std::move(*place->cilium);
  take_peers(cluster.cilium, minor, cluster, found);
  const SettingReader read{cluster.cilium, whole};
  cluster.name = read.text("cluster.name", "default");
  cluster.id = read.integer("cluster.id", 0);
  cluster.max_connected = read.integer("clustermesh.maxConnectedClusters", 255);
  cluster.ipv4 = read_pool(read, Family::ipv4, whole, found);
  cluster.ipv6 = read_pool(read, Family::ipv6, whole, found);
  read_datapath(read, cluster);
  read_mesh_settings(read, cluster);
  return cluster;
}

}  // namespace meshdrill::mesh::values
