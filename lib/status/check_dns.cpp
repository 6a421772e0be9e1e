#include "base/text.hpp"
#include "status/checks.hpp"
#include "status/ways_in.hpp"

#include <algorithm>
#include <map>
#include <set>

#include <fmt/format.h>

namespace meshdrill::status {
namespace {

std::set<IpAddress> wanted_for(const WaysIn& ways, const std::string& host, bool& names) {
  std::set<IpAddress> wanted;
  for (const auto& [target, clusters] : ways) {
    if (target.first != host) continue;
    for (const auto& [cluster, way] : clusters) {
      for (const std::string& text : way->addresses) {
        if (const auto address = parse_ip(text)) {
          wanted.insert(*address);
        } else {
          names = true;
        }
      }
    }
  }
  return wanted;
}

// An address in the words of the cluster that it belongs to.
std::string owner_of(const WaysIn& ways, const IpAddress& address) {
  for (const auto& [target, clusters] : ways) {
    for (const auto& [cluster, way] : clusters) {
      if (std::ranges::count(way->addresses, to_string(address)) > 0) return cluster->name();
    }
  }
  return {};
}

std::string list_of(const std::vector<IpAddress>& addresses) {
  std::vector<std::string> words;
  for (const IpAddress& address : addresses) words.push_back(to_string(address));
  return words.empty() ? "none" : join_words(words);
}

}  // namespace

// The first view of a host is what it is held against; the others are held against that.
void check_dns(const LiveMesh& mesh, Found& found) {
  const WaysIn ways = shared_ways(mesh);
  std::map<std::string, const DnsView*> first;
  for (const DnsView& view : mesh.dns) {
    if (!view.problem.empty()) {
      found.add("dns-lookup-failed", "", fmt::format("{} by {}: {}", view.host, view.by, view.problem),
                "--dns-server asks another server, and --no-dns none.");
      continue;
    }
    const std::set<IpAddress> given(view.addresses.begin(), view.addresses.end());
    if (const auto [other, fresh] = first.emplace(view.host, &view); !fresh) {
      const DnsView& before = *other->second;
      if (given == std::set<IpAddress>(before.addresses.begin(), before.addresses.end())) continue;
      found.add("resolver-differs", "",
                fmt::format("{} is {} by {} and {} by {}", view.host, list_of(view.addresses), view.by,
                            list_of(before.addresses), before.by),
                "Wait for the record's TTL; after that, look at which servers it asks.");
      continue;
    }
    bool names = false;
    const std::set<IpAddress> wanted = wanted_for(ways, view.host, names);
    // A load balancer that is known by name has addresses that only DNS knows.
    if (names || wanted.empty()) continue;
    for (const IpAddress& address : wanted) {
      if (given.contains(address)) continue;
      found.add("dns-record-missing", owner_of(ways, address),
                fmt::format("{} does not give {}, the address of its ingress (by {})", view.host,
                            to_string(address), view.by),
                fmt::format("Add an address record for {} to {}.", to_string(address), view.host));
    }
    const bool all_known = std::ranges::all_of(mesh.clusters, &LiveCluster::reachable);
    for (const IpAddress& address : given) {
      if (wanted.contains(address) || !all_known) continue;
      found.add("dns-record-extra", "",
                fmt::format("{} gives {}, which is no ingress of the mesh (by {})", view.host,
                            to_string(address), view.by),
                "Remove the record, or give the --context of the cluster that it belongs to.");
    }
  }
}

}  // namespace meshdrill::status
