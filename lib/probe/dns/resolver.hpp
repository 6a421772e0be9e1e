// Looks names up the way one vantage does, with nothing hidden: no cache, no search list, no /etc/hosts, no
// sorting (RFC 6724 order would undo what a DNS balancer did), each failure told apart, and who answered.
// Never getaddrinfo: it sorts, hides TTLs, and Asio runs it one at a time on a thread of its own.
#pragma once

#include "base/async.hpp"
#include "base/duration.hpp"
#include "base/result.hpp"
#include "probe/dns/dns_message.hpp"
#include "probe/sample.hpp"

#include <memory>
#include <string>

namespace meshdrill::probe {

// An empty one, always the same.
std::shared_ptr<const DnsMessage> no_message();

// What a server made of a question for records of any type.
struct ServerReply {
  DnsAnswer answer;  // all but asked, records and aliases
  // Never null; empty unless there was an answer that could be read.
  std::shared_ptr<const DnsMessage> message = no_message();
};

class Resolver {
 public:
  // Asks the servers of `vantage`. Those of an authority take turns, a lookup each, and an answer that does
  // not come is the lookup's end, since it is they who are watched. Any other vantage asks the first one, and
  // the next when nothing comes, as resolv.conf has it; each has its share of `timeout`. An answer is final,
  // whatever it says.
  static Result<Resolver> make(asio::io_context& context, Vantage vantage, Duration timeout);

  Resolver(Resolver&&) noexcept;
  Resolver& operator=(Resolver&&) noexcept;
  ~Resolver();  // lookups that still run end with DnsResult::error

  // The addresses of the vantage's question. `asked` is left to the caller, who knows the run's epoch.
  Task<DnsAnswer> resolve(Family family);
  // Any question.
  Task<ServerReply> ask(std::string name, RecordType type);

  // Ends every lookup that runs, with DnsResult::error.
  void cancel();

  [[nodiscard]] const Vantage& vantage() const;

 private:
  class Impl;
  explicit Resolver(std::shared_ptr<Impl> impl);
  std::shared_ptr<Impl> impl_;
};

}  // namespace meshdrill::probe
