// One DNS server, asked through c-ares on Asio: its socket stays open and registered from one question to the
// next, which is most of what a lookup would cost otherwise. No cache, no search list, no second try.
#pragma once

#include "base/async.hpp"
#include "base/duration.hpp"
#include "base/result.hpp"
#include "probe/dns/dns_message.hpp"

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace meshdrill::probe {

// How a question ended for the one who asked it. Only `answered` says what the server thinks.
enum class Delivery {
  answered,     // there is a message, of whatever code
  timeout,      // none in time
  unreachable,  // the kernel or a router said that there is nobody
  failed,       // it could not be asked: the name is not a name, or the channel was closed
};

class DnsChannel {
 public:
  enum class Transport { udp, tcp };
  struct Options {
    std::string server;  // "192.0.2.53:53"
    Transport transport = Transport::udp;
    bool recursive = true;  // whether to ask for recursion (RD)
    Duration timeout{};     // of a question, whole milliseconds, rounded up
  };
  // `message` is empty unless answered, and is not kept.
  using Handler = std::function<void(Delivery, std::span<const unsigned char> message, std::string why)>;

  static Result<DnsChannel> make(asio::io_context& context, const Options& options);
  DnsChannel(DnsChannel&&) noexcept;
  DnsChannel& operator=(DnsChannel&&) noexcept;
  ~DnsChannel();  // as cancel()

  // `handler` is called once, from the io_context or from cancel(). It may ask again, and, but for cancel(),
  // destroy the channel.
  void ask(const std::string& name, RecordType type, Handler handler);
  // Every question under way ends as failed, before this returns.
  void cancel();

 private:
  class Impl;
  explicit DnsChannel(std::shared_ptr<Impl> impl);
  std::shared_ptr<Impl> impl_;
};

}  // namespace meshdrill::probe
