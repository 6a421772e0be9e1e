#include "base/text.hpp"
#include "mesh/values/peer.hpp"
#include "mesh/values/rules.hpp"

#include <algorithm>
#include <array>
#include <charconv>

#include <fmt/format.h>

namespace meshdrill::mesh::values {
namespace {

using Kind = HelmValue::Kind;

constexpr std::array<std::string_view, 6> known_keys{"address", "port", "ips", "tls", "enabled", "name"};

// A number in quotes counts as well: the chart writes either into the same text.
int port_of(const HelmValue& value) {
  if (const auto number = value.integer())
    return *number > 0 && *number <= 65535 ? static_cast<int>(*number) : 0;
  int number = 0;
  const char* const end = value.text.data() + value.text.size();
  const auto [stop, status] = std::from_chars(value.text.data(), end, number);
  const bool whole = value.kind == Kind::string && status == std::errc{} && stop == end;
  return whole && number > 0 && number <= 65535 ? number : 0;
}

class PeerReader {
 public:
  PeerReader(std::optional<int> minor, Findings& found) : minor_(minor), found_(found) {}

  PeerList list;

  void entry(const HelmValue& value, std::string name, const Location& where) {
    Peer peer;
    peer.name = std::move(name);
    peer.where = place(where);
    if (value.kind != Kind::map) {
      found_.error("wrong-type", where,
                   fmt::format("clustermesh.config.clusters: a peer is a map such as {}", example()),
                   value.kind == Kind::string ? "Write its addresses and its port out." : "");
      peer.unread = true;
      list.nameless = list.nameless || peer.name.empty();
    } else {
      for (const HelmValue::Entry& key : value.entries) read(key, peer);
    }
    if (!peer.unread || !peer.name.empty()) list.peers.push_back(std::move(peer));
  }

 private:
  std::string_view example() const {
    return list.as_map ? "{ips: [192.0.2.11], port: 32379}" : "{name: c2, ips: [192.0.2.11], port: 32379}";
  }

  PeerPlace place(const Location& where) {
    if (list.files.empty() || list.files[last_] != where.file) {
      const auto known = std::find(list.files.begin(), list.files.end(), where.file);
      last_ = static_cast<std::size_t>(known - list.files.begin());
      if (known == list.files.end()) list.files.push_back(where.file);
    }
    return {static_cast<int>(last_), where.line, where.column};
  }

  void read(const HelmValue::Entry& entry, Peer& peer) {
    const std::string_view key = entry.key;
    const HelmValue& value = entry.value;
    if (key == "name" && list.as_map) return unknown(entry);
    if (std::find(known_keys.begin(), known_keys.end(), key) == known_keys.end()) return unknown(entry);
    if (key == "enabled" && minor_ && *minor_ < first_map_minor) {
      found_.error(
          "key-too-new", entry.key_where,
          fmt::format("clustermesh.config.clusters: the chart of 1.{} ignores enabled; 1.{} is the first "
                      "that knows it",
                      *minor_, first_map_minor),
          "Leave the peer out.");
    }
    if (value.kind == Kind::null) return;  // as if it were not there
    if (key == "name") {
      if (is(value, Kind::string, key, "a string", "Put it in quotes.", peer)) {
        peer.name = value.text;
        peer.where = place(value.where);
      }
    } else if (key == "ips") {
      if (is(value, Kind::list, key, "a list", "Write it as ips: [192.0.2.11].", peer)) read_ips(value, peer);
    } else if (key == "address") {
      if (is(value, Kind::string, key, "a string", "Put it in quotes.", peer))
        peer.address = {value.text, place(value.where)};
    } else if (key == "port") {
      read_port(value, peer);
    } else if (key == "enabled") {
      // The template takes the word "false" for true.
      if (is(value, Kind::boolean, key, "true or false", "Take it out of its quotes.", peer))
        peer.enabled = value.boolean;
    } else if (is(value, Kind::map, key, "a map of cert, key and caCert", "", peer)) {
      read_tls(value, peer);
    }
  }

  bool is(const HelmValue& value, Kind kind, std::string_view key, std::string_view wanted, std::string cure,
          Peer& peer) {
    if (value.kind == kind) return true;
    // Whoever has the wrong type is not missing as well.
    if (key == "ips" || key == "address") peer.unread = true;
    found_.error("wrong-type", value.where,
                 fmt::format("clustermesh.config.clusters: {} of a peer is {}, and this is {}", key, wanted,
                             name_of(value.kind)),
                 std::move(cure));
    return false;
  }

  void read_ips(const HelmValue& value, Peer& peer) {
    for (const HelmValue& item : value.items) {
      if (is(item, Kind::string, "ips", "a list of addresses", "", peer))
        peer.ips.push_back({item.text, place(item.where)});
    }
  }

  void read_port(const HelmValue& value, Peer& peer) {
    peer.port = port_of(value);
    peer.port_where = place(value.where);
    if (peer.port != 0) return;
    const bool shown = value.kind != Kind::list && value.kind != Kind::map;
    found_.error(
        "peer-port", value.where,
        fmt::format("clustermesh.config.clusters: a port is a number from 1 to 65535, and this is {}",
                    shown ? fmt::format("\"{}\"", printable(value.text)) : std::string{name_of(value.kind)}));
  }

  void read_tls(const HelmValue& value, Peer& peer) {
    for (const HelmValue::Entry& entry : value.entries) {
      bool* const there = entry.key == "cert"     ? &peer.tls_cert
                          : entry.key == "key"    ? &peer.tls_key
                          : entry.key == "caCert" ? &peer.tls_authority
                                                  : nullptr;
      if (there == nullptr) {
        unknown_of("tls of a peer", entry, {"cert", "key", "caCert"});
        continue;
      }
      if (entry.value.kind == Kind::null) continue;
      if (!is(entry.value, Kind::string, entry.key, "a string", "", peer) || entry.value.text.empty())
        continue;
      *there = true;
      if (peer.tls_where.line == 0) peer.tls_where = place(entry.value.where);
    }
  }

  void unknown(const HelmValue::Entry& entry) {
    std::vector<std::string_view> names(known_keys.begin(), known_keys.end() - (list.as_map ? 1 : 0));
    unknown_of("a peer", entry, names);
  }

  void unknown_of(std::string_view what, const HelmValue::Entry& entry,
                  const std::vector<std::string_view>& known) {
    const std::string near = closest(entry.key, known);
    found_.error(
        "unknown-key", entry.key_where,
        fmt::format("clustermesh.config.clusters: {} has no key {}, and Helm drops it without a word", what,
                    printable(entry.key)),
        near.empty() ? std::string{} : fmt::format("Did you mean {}?", near));
  }

  std::optional<int> minor_;
  Findings& found_;
  std::size_t last_ = 0;  // the file of the place before
};

}  // namespace

PeerList read_peers(const HelmValue& clusters, std::optional<int> minor, Findings& found) {
  PeerReader reader{minor, found};
  reader.list.where = clusters.where;
  reader.list.as_map = clusters.kind == Kind::map;
  reader.list.peers.reserve(clusters.entries.size() + clusters.items.size());
  for (const HelmValue::Entry& entry : clusters.entries)
    reader.entry(entry.value, entry.key, entry.key_where);
  for (const HelmValue& item : clusters.items) {
    // A word alone is most likely meant for the name.
    reader.entry(item, item.kind == Kind::string ? item.text : std::string{}, item.where);
  }
  return std::move(reader.list);
}

}  // namespace meshdrill::mesh::values
