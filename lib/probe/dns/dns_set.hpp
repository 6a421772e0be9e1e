// Holds the addresses that each DNS server gives against each other and against those that streams are pinned
// to. Pure: answers in, findings out.
#pragma once

#include "probe/sample.hpp"

#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <vector>

namespace meshdrill::probe {

// What a server gives is followed by its name, within its vantage. An answer may hold only a part of the
// addresses and another one next time, so one that was given is gone only once it is missing from three
// answers in a row, and its TTL is over; one that another server gives, the same. Only answers that say what
// there is count: addresses, none, or no such name.
class DnsSet {
 public:
  // `pinned`: what the streams are pinned to; none: no stream is, and that is on purpose.
  explicit DnsSet(std::optional<std::set<IpAddress>> pinned);

  // What this answer shows that those before it did not. In the order of `asked`, about.
  std::vector<DnsFinding> add(const DnsAnswer& answer);

 private:
  struct Given {
    Offset first{};  // that it was in
    Offset last{};
    std::chrono::seconds ttl{};
    int missing = 0;         // answers in a row that lacked it
    Offset first_missing{};  // the first of those
  };
  struct Lack {
    int missing = 0;
    Offset first_missing{};
    bool told = false;
  };
  struct Server {
    bool answered = false;
    std::map<IpAddress, Given> given;
    std::map<IpAddress, Lack> lacks;  // what others give and it never gave
  };
  using Key = std::tuple<Family, std::string, std::string>;  // vantage and server

  void take(Server& server, const DnsAnswer& answer, std::vector<DnsFinding>& findings);
  void miss(Server& server, const DnsAnswer& answer, std::vector<DnsFinding>& findings);
  void compare(const Key& key, Server& server, const DnsAnswer& answer, std::vector<DnsFinding>& findings);
  [[nodiscard]] bool is_pinned(const IpAddress& address) const {
    return pinned_ && pinned_->contains(address);
  }

  std::optional<std::set<IpAddress>> pinned_;
  std::map<Key, Server> servers_;
  std::set<IpAddress> told_not_pinned_;
};

}  // namespace meshdrill::probe
