#include "probe/dns/resolver.hpp"

#include "probe/dns/dns_channel.hpp"
#include "probe/dns/known_messages.hpp"

#include <optional>
#include <utility>
#include <vector>

#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>

namespace meshdrill::probe {
namespace {

struct Lookup;
using LookupPtr = std::shared_ptr<Lookup>;
using Handler = asio::async_result<asio::use_awaitable_t<Executor>, void(LookupPtr)>::handler_type;
using Message = std::span<const unsigned char>;

DnsResult result_of(Delivery delivery) {
  switch (delivery) {
    case Delivery::timeout:
      return DnsResult::timeout;
    case Delivery::unreachable:
      return DnsResult::unreachable;
    case Delivery::answered:
    case Delivery::failed:
      break;
  }
  return DnsResult::error;
}

// One server: asked over UDP, and over TCP where that was not enough.
struct Server {
  std::string name;
  DnsChannel udp;
  std::optional<DnsChannel> tcp{};
  KnownMessages known{};
};

// One question on its way from server to server.
struct Lookup {
  RecordType type;
  std::size_t server;  // that is being asked
  Clock::time_point asked, deadline;
  std::optional<Handler> handler;  // gets the lookup, once
  ServerReply reply{};
};

}  // namespace

std::shared_ptr<const DnsMessage> no_message() {
  static const auto empty = std::make_shared<const DnsMessage>();
  return empty;
}

class Resolver::Impl : public std::enable_shared_from_this<Impl> {
 public:
  Impl(asio::io_context& context, Vantage of, Duration timeout)
      : vantage(std::move(of)), context_(context), timeout_(timeout) {}

  Result<> open();
  Task<LookupPtr> look_up(std::string name, RecordType type);
  void cancel();

  const Vantage vantage;

 private:
  [[nodiscard]] bool takes_turns() const { return vantage.kind == VantageKind::authority; }
  Result<DnsChannel> make_channel(const std::string& server, DnsChannel::Transport transport);
  void ask(const LookupPtr& lookup);
  void on_udp(const LookupPtr& lookup, Delivery delivery, Message bytes, const std::string& why);
  void ask_over_tcp(const LookupPtr& lookup);
  void on_tcp(const LookupPtr& lookup, Delivery delivery, Message bytes, const std::string& why);
  void fail_over(const LookupPtr& lookup, Delivery delivery, const std::string& why);
  void read(const LookupPtr& lookup, Message bytes);
  void finish(const LookupPtr& lookup);

  asio::io_context& context_;
  Duration timeout_;
  std::vector<Server> servers_;
  std::size_t turn_ = 0;
  bool cancelling_ = false;
};

Result<> Resolver::Impl::open() {
  for (const std::string& name : vantage.servers) {
    auto channel = make_channel(name, DnsChannel::Transport::udp);
    if (!channel) return tl::unexpected(channel.error());
    servers_.push_back({name, std::move(*channel)});
  }
  return {};
}

Result<DnsChannel> Resolver::Impl::make_channel(const std::string& server, DnsChannel::Transport transport) {
  const auto count = takes_turns() ? 1 : static_cast<std::int64_t>(vantage.servers.size());
  return DnsChannel::make(context_, {server, transport, !takes_turns(), timeout_ / count});
}

Task<LookupPtr> Resolver::Impl::look_up(std::string name, RecordType type) {
  const auto now = Clock::now();
  const std::size_t first = takes_turns() ? turn_++ % servers_.size() : 0;
  auto lookup = std::make_shared<Lookup>(Lookup{type, first, now, now + timeout_, {}});
  lookup->reply.answer.name = std::move(name);
  lookup->reply.answer.vantage = vantage.name;
  const auto start = [this](Handler handler, const LookupPtr& started) {
    started->handler.emplace(std::move(handler));
    ask(started);
  };
  return asio::async_initiate<const asio::use_awaitable_t<Executor>, void(LookupPtr)>(start, await,
                                                                                      std::move(lookup));
}

void Resolver::Impl::ask(const LookupPtr& lookup) {
  Server& server = servers_[lookup->server];
  lookup->reply.answer.server = server.name;
  server.udp.ask(lookup->reply.answer.name, lookup->type,
                 [this, lookup](Delivery delivery, Message bytes, const std::string& why) {
                   on_udp(lookup, delivery, bytes, why);
                 });
}

void Resolver::Impl::on_udp(const LookupPtr& lookup, Delivery delivery, Message bytes,
                            const std::string& why) {
  if (delivery != Delivery::answered) return fail_over(lookup, delivery, why);
  read(lookup, bytes);
  lookup->reply.message->truncated ? ask_over_tcp(lookup) : finish(lookup);
}

void Resolver::Impl::ask_over_tcp(const LookupPtr& lookup) {
  Server& server = servers_[lookup->server];
  lookup->reply.answer.over_tcp = true;
  if (!server.tcp) {
    auto channel = make_channel(server.name, DnsChannel::Transport::tcp);
    if (!channel) return fail_over(lookup, Delivery::failed, channel.error().message);
    server.tcp.emplace(std::move(*channel));
  }
  // The time that the answer over UDP took is gone; the channel does not know of it.
  auto timer = std::make_shared<Timer>(context_, lookup->deadline);
  timer->async_wait([self = weak_from_this(), lookup, timer](const error_code& error) {
    if (const auto impl = self.lock(); impl && !error) impl->on_tcp(lookup, Delivery::timeout, {}, {});
  });
  server.tcp->ask(lookup->reply.answer.name, lookup->type,
                  [this, lookup, timer](Delivery delivery, Message bytes, const std::string& why) {
                    timer->cancel();
                    on_tcp(lookup, delivery, bytes, why);
                  });
}

void Resolver::Impl::on_tcp(const LookupPtr& lookup, Delivery delivery, Message bytes,
                            const std::string& why) {
  if (!lookup->handler) return;
  if (delivery != Delivery::answered) return fail_over(lookup, delivery, why);
  read(lookup, bytes);
  finish(lookup);
}

void Resolver::Impl::fail_over(const LookupPtr& lookup, Delivery delivery, const std::string& why) {
  DnsAnswer& answer = lookup->reply.answer;
  const bool another = !takes_turns() && !cancelling_ && lookup->server + 1 < servers_.size() &&
                       Clock::now() < lookup->deadline;
  if (another) {
    answer.unanswered.push_back(answer.server);
    answer.over_tcp = false;
    ++lookup->server;
    return ask(lookup);
  }
  answer.result = result_of(delivery);
  answer.detail = why;
  lookup->reply.message = no_message();
  finish(lookup);
}

void Resolver::Impl::read(const LookupPtr& lookup, Message bytes) {
  DnsAnswer& answer = lookup->reply.answer;
  auto message = servers_[lookup->server].known.read(bytes);
  answer.result = message ? DnsResult::ok : DnsResult::error;
  answer.detail = message ? "" : message.error().message;
  lookup->reply.message = message ? std::move(*message) : no_message();
}

void Resolver::Impl::finish(const LookupPtr& lookup) {
  DnsAnswer& answer = lookup->reply.answer;
  answer.took = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - lookup->asked);
  Handler handler = std::move(*lookup->handler);
  lookup->handler.reset();
  // Whoever cancels is not to be overtaken by those that he ends. Otherwise there is nobody to wait for: the
  // channel calls from the io_context, outside of c-ares.
  if (!cancelling_) return std::move(handler)(lookup);
  asio::post(context_, [handler = std::move(handler), lookup]() mutable { std::move(handler)(lookup); });
}

void Resolver::Impl::cancel() {
  cancelling_ = true;
  for (Server& server : servers_) {
    server.udp.cancel();
    if (server.tcp) server.tcp->cancel();
  }
  cancelling_ = false;
}

Resolver::Resolver(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}
Resolver::Resolver(Resolver&&) noexcept = default;
Resolver& Resolver::operator=(Resolver&&) noexcept = default;
Resolver::~Resolver() {
  if (impl_) impl_->cancel();
}

Result<Resolver> Resolver::make(asio::io_context& context, Vantage vantage, Duration timeout) {
  auto impl = std::make_shared<Impl>(context, std::move(vantage), timeout);
  if (auto opened = impl->open(); !opened) return tl::unexpected(opened.error());
  return Resolver{std::move(impl)};
}

Task<DnsAnswer> Resolver::resolve(Family family) {
  const RecordType type = family == Family::ipv4 ? RecordType::a : RecordType::aaaa;
  std::string name = vantage().question;
  const LookupPtr lookup = co_await impl_->look_up(std::move(name), type);
  DnsAnswer& answer = lookup->reply.answer;
  answer.family = family;
  if (answer.result == DnsResult::ok) read_addresses(*lookup->reply.message, vantage().question, answer);
  co_return std::move(answer);
}

Task<ServerReply> Resolver::ask(std::string name, RecordType type) {
  const LookupPtr lookup = co_await impl_->look_up(std::move(name), type);
  co_return std::move(lookup->reply);
}

void Resolver::cancel() {
  impl_->cancel();
}

const Vantage& Resolver::vantage() const {
  return impl_->vantage;
}

}  // namespace meshdrill::probe
