#include "probe/dns/dns_set.hpp"

#include <algorithm>
#include <utility>

namespace meshdrill::probe {
namespace {

constexpr int answers_until_gone = 3;

bool says_what_there_is(DnsResult result) {
  return result == DnsResult::ok || result == DnsResult::empty || result == DnsResult::nxdomain;
}

bool has(const DnsAnswer& answer, const IpAddress& address) {
  return std::any_of(answer.records.begin(), answer.records.end(),
                     [&](const AddressRecord& record) { return record.address == address; });
}

DnsFinding finding(const DnsAnswer& answer, DnsChange change, const IpAddress& address, Offset at) {
  return {at, change, address, answer.vantage, answer.server};
}

}  // namespace

DnsSet::DnsSet(std::optional<std::set<IpAddress>> pinned) : pinned_(std::move(pinned)) {}

std::vector<DnsFinding> DnsSet::add(const DnsAnswer& answer) {
  std::vector<DnsFinding> findings;
  if (!says_what_there_is(answer.result)) return findings;
  const Key key{answer.family, answer.vantage, answer.server};
  Server& server = servers_[key];
  take(server, answer, findings);
  miss(server, answer, findings);
  compare(key, server, answer, findings);
  if (!std::exchange(server.answered, true) && pinned_) {
    for (const IpAddress& address : *pinned_) {
      if (address.family == answer.family && !has(answer, address))
        findings.push_back(finding(answer, DnsChange::not_in_dns, address, answer.asked));
    }
  }
  return findings;
}

void DnsSet::take(Server& server, const DnsAnswer& answer, std::vector<DnsFinding>& findings) {
  for (const AddressRecord& record : answer.records) {
    const auto [given, is_new] = server.given.try_emplace(record.address, Given{answer.asked});
    given->second.last = answer.asked;
    given->second.ttl = record.ttl;
    given->second.missing = 0;
    server.lacks.erase(record.address);
    if (!is_new) continue;
    if (server.answered)
      findings.push_back(finding(answer, DnsChange::appeared, record.address, answer.asked));
    if (pinned_ && !is_pinned(record.address) && told_not_pinned_.insert(record.address).second)
      findings.push_back(finding(answer, DnsChange::not_pinned, record.address, answer.asked));
  }
}

void DnsSet::miss(Server& server, const DnsAnswer& answer, std::vector<DnsFinding>& findings) {
  for (auto entry = server.given.begin(); entry != server.given.end();) {
    auto& [address, given] = *entry;
    if (has(answer, address)) {
      ++entry;
      continue;
    }
    if (given.missing++ == 0) given.first_missing = answer.asked;
    const bool gone = given.missing >= answers_until_gone && answer.asked >= given.last + given.ttl;
    if (gone) findings.push_back(finding(answer, DnsChange::disappeared, address, given.first_missing));
    entry = gone ? server.given.erase(entry) : std::next(entry);
  }
}

// Pinned addresses are left out: that a server lacks one is told as not_in_dns or disappeared.
void DnsSet::compare(const Key& key, Server& server, const DnsAnswer& answer,
                     std::vector<DnsFinding>& findings) {
  for (const auto& [other_key, other] : servers_) {
    if (other_key == key || std::get<Family>(other_key) != answer.family) continue;
    for (const auto& [address, given] : other.given) {
      if (is_pinned(address) || server.given.contains(address)) continue;
      // A cache may lag behind for as long as the TTL.
      if (given.missing > 0 || answer.asked < given.first + given.ttl) continue;
      Lack& lack = server.lacks[address];
      if (lack.told) continue;
      if (lack.missing++ == 0) lack.first_missing = answer.asked;
      if (lack.missing < answers_until_gone) continue;
      lack.told = true;
      findings.push_back(finding(answer, DnsChange::not_here, address, lack.first_missing));
    }
  }
}

}  // namespace meshdrill::probe
