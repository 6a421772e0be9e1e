// DNS lookups with c-ares, one record type at a time, with nothing hidden: no cache, no search list, no
// /etc/hosts, no second try, no sorting (RFC 6724 order would undo what a DNS balancer did), and each failure
// told apart. Never getaddrinfo: it sorts, hides TTLs, and Asio runs it one at a time on a thread of its own.
#pragma once

#include "base/async.hpp"
#include "base/duration.hpp"
#include "base/result.hpp"
#include "probe/sample.hpp"

#include <memory>
#include <string>
#include <vector>

namespace meshdrill::probe {

class Resolver {
 public:
  // Asks `servers` (as parse_dns_server() gives them; empty: those of /etc/resolv.conf), each once and in
  // turn, and gives up after `timeout` in all.
  static Result<Resolver> make(asio::io_context& context, const std::vector<std::string>& servers,
                               Duration timeout);

  Resolver(Resolver&&) noexcept;
  Resolver& operator=(Resolver&&) noexcept;
  ~Resolver();  // lookups that still run end with DnsResult::error

  // `asked` of the answer is left to the caller, who knows the run's epoch.
  Task<DnsAnswer> resolve(std::string name, Family family);

  // Ends every lookup that runs, with DnsResult::error.
  void cancel();

  [[nodiscard]] const std::string& server() const;  // as in DnsAnswer::server

 private:
  class Impl;
  explicit Resolver(std::shared_ptr<Impl> impl);
  std::shared_ptr<Impl> impl_;
};

}  // namespace meshdrill::probe
