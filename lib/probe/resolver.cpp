#include "probe/resolver.hpp"

#include <map>
#include <netinet/in.h>
#include <utility>

#include <ares.h>
#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

namespace meshdrill::probe {
namespace {

using Descriptor = asio::posix::basic_stream_descriptor<Executor>;
using Handler = asio::any_completion_handler<void(DnsAnswer)>;

DnsResult result_of(int status) {
  switch (status) {
    case ARES_SUCCESS:
      return DnsResult::ok;
    case ARES_ENOTFOUND:
      return DnsResult::nxdomain;
    case ARES_ENODATA:
      return DnsResult::empty;
    case ARES_ESERVFAIL:
      return DnsResult::servfail;
    case ARES_EREFUSED:
      return DnsResult::refused;
    case ARES_ETIMEOUT:
      return DnsResult::timeout;
    default:
      return DnsResult::error;
  }
}

IpAddress address_of(const sockaddr* address) {
  uint128 value = 0;
  if (address->sa_family == AF_INET) {
    sockaddr_in v4;
    std::memcpy(&v4, address, sizeof v4);
    return {Family::ipv4, ntohl(v4.sin_addr.s_addr)};
  }
  sockaddr_in6 v6;
  std::memcpy(&v6, address, sizeof v6);
  for (const std::uint8_t byte : v6.sin6_addr.s6_addr) value = value << 8 | byte;
  return {Family::ipv6, value};
}

void copy(const ares_addrinfo& from, DnsAnswer& to) {
  for (const ares_addrinfo_cname* alias = from.cnames; alias != nullptr; alias = alias->next) {
    if (alias->name != nullptr) to.aliases.emplace_back(alias->name);
  }
  for (const ares_addrinfo_node* node = from.nodes; node != nullptr; node = node->ai_next) {
    to.records.push_back({address_of(node->ai_addr), std::chrono::seconds{node->ai_ttl}});
  }
}

struct FreeAddrinfo {
  void operator()(ares_addrinfo* info) const { ares_freeaddrinfo(info); }
};

// A socket of c-ares' that we watch for it. Handlers share it, since they may run after c-ares closed it.
struct Watch {
  Watch(const Executor& executor, int fd) : descriptor(executor, fd) {}
  Descriptor descriptor;
  bool open = true;
  bool want_read = false, want_write = false;
  bool reading = false, writing = false;  // an async_wait is under way
};

}  // namespace

class Resolver::Impl : public std::enable_shared_from_this<Impl> {
 public:
  explicit Impl(asio::io_context& context) : executor_(context.get_executor()), timer_(context) {}
  ~Impl() { close(); }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  Result<> open(const std::vector<std::string>& servers, Duration timeout);
  void start(const std::string& name, Family family, Handler handler);
  void cancel() { ares_cancel(channel_); }
  void close();

  std::string server;
  Executor executor_;

 private:
  struct Query;
  int make_channel(int timeout_ms);
  static void on_answer(void* query, int status, int timeouts, ares_addrinfo* info);
  static void on_socket_state(void* self, ares_socket_t fd, int readable, int writable);
  void watch(ares_socket_t fd, bool readable, bool writable);
  void arm(ares_socket_t fd, const std::shared_ptr<Watch>& watch);
  void on_ready(ares_socket_t fd, const std::shared_ptr<Watch>& watch, bool read);
  void arm_timer();
  std::vector<std::string> configured_servers() const;

  Timer timer_;
  ares_channel channel_ = nullptr;
  std::map<ares_socket_t, std::shared_ptr<Watch>> watches_;
};

struct Resolver::Impl::Query {
  Executor executor;
  Handler handler;
  DnsAnswer answer;
  Clock::time_point asked;
};

int Resolver::Impl::make_channel(int timeout_ms) {
  static const int library = ares_library_init(ARES_LIB_INIT_ALL);
  if (library != ARES_SUCCESS) return library;
  char lookups[] = "b";  // DNS only, never /etc/hosts
  ares_options options{};
  // NOCHECKRESP: without it SERVFAIL and REFUSED both come back as "connection refused".
  options.flags = ARES_FLAG_NOCHECKRESP | ARES_FLAG_NOSEARCH | ARES_FLAG_NOALIASES;
  options.timeout = timeout_ms;
  options.tries = 1;
  options.lookups = lookups;
  options.sock_state_cb = &Impl::on_socket_state;
  options.sock_state_cb_data = this;
  return ares_init_options(
      &channel_, &options,
      ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_LOOKUPS | ARES_OPT_SOCK_STATE_CB);
}

Result<> Resolver::Impl::open(const std::vector<std::string>& servers, Duration timeout) {
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(timeout).count();
  auto divide = [&](std::size_t count) {
    return static_cast<int>(std::max<std::int64_t>(1, ms / static_cast<std::int64_t>(count)));
  };
  int status = make_channel(divide(std::max<std::size_t>(1, servers.size())));
  if (status == ARES_SUCCESS && servers.empty() && configured_servers().size() > 1) {
    const std::size_t count = configured_servers().size();
    ares_destroy(std::exchange(channel_, nullptr));
    status = make_channel(divide(count));
  }
  if (status == ARES_SUCCESS && !servers.empty()) {
    status = ares_set_servers_ports_csv(channel_, fmt::format("{}", fmt::join(servers, ",")).c_str());
  }
  if (status != ARES_SUCCESS) return fail(fmt::format("cannot set up DNS: {}", ares_strerror(status)));
  server = fmt::format("{}", fmt::join(configured_servers(), ","));
  return {};
}

std::vector<std::string> Resolver::Impl::configured_servers() const {
  std::vector<std::string> result;
  ares_addr_port_node* servers = nullptr;
  if (ares_get_servers_ports(channel_, &servers) != ARES_SUCCESS) return result;
  for (const ares_addr_port_node* node = servers; node != nullptr; node = node->next) {
    IpAddress address{node->family == AF_INET ? Family::ipv4 : Family::ipv6, 0};
    const auto* bytes = reinterpret_cast<const unsigned char*>(&node->addr);
    const std::size_t length = node->family == AF_INET ? 4 : 16;
    for (std::size_t i = 0; i < length; ++i) address.value = address.value << 8 | bytes[i];
    const int port = node->udp_port == 0 ? 53 : node->udp_port;
    result.push_back(address.family == Family::ipv4 ? fmt::format("{}:{}", to_string(address), port)
                                                    : fmt::format("[{}]:{}", to_string(address), port));
  }
  ares_free_data(servers);
  return result;
}

void Resolver::Impl::close() {
  timer_.cancel();
  if (channel_ != nullptr) ares_destroy(std::exchange(channel_, nullptr));
}

void Resolver::Impl::start(const std::string& name, Family family, Handler handler) {
  auto query = std::make_unique<Query>(Query{executor_, std::move(handler), {}, Clock::now()});
  query->answer.name = name;
  query->answer.family = family;
  query->answer.server = server;
  ares_addrinfo_hints hints{};
  hints.ai_family = family == Family::ipv4 ? AF_INET : AF_INET6;
  hints.ai_flags = ARES_AI_NOSORT | ARES_AI_CANONNAME;
  hints.ai_socktype = SOCK_STREAM;
  // c-ares calls on_answer exactly once for each query, which takes it over.
  ares_getaddrinfo(channel_, name.c_str(), nullptr, &hints, &Impl::on_answer, query.release());
  arm_timer();
}

void Resolver::Impl::on_answer(void* argument, int status, int /*timeouts*/, ares_addrinfo* raw) {
  const std::unique_ptr<Query> query{static_cast<Query*>(argument)};
  const std::unique_ptr<ares_addrinfo, FreeAddrinfo> info{raw};
  DnsAnswer& answer = query->answer;
  answer.took = std::chrono::duration_cast<std::chrono::microseconds>(Clock::now() - query->asked);
  answer.result = result_of(status);
  if (info) copy(*info, answer);
  if (answer.result == DnsResult::ok && answer.records.empty()) answer.result = DnsResult::empty;
  // Never from inside c-ares: the handler may start the next lookup.
  asio::post(query->executor, [handler = std::move(query->handler), answer = std::move(answer)]() mutable {
    std::move(handler)(std::move(answer));
  });
}

void Resolver::Impl::on_socket_state(void* self, ares_socket_t fd, int readable, int writable) {
  static_cast<Impl*>(self)->watch(fd, readable != 0, writable != 0);
}

void Resolver::Impl::watch(ares_socket_t fd, bool readable, bool writable) {
  const auto found = watches_.find(fd);
  if (!readable && !writable) {
    if (found == watches_.end()) return;
    found->second->open = false;
    found->second->descriptor.release();  // c-ares closes it itself, right after this
    watches_.erase(found);
    return;
  }
  auto watch = found != watches_.end() ? found->second : std::make_shared<Watch>(executor_, fd);
  if (found == watches_.end()) watches_.emplace(fd, watch);
  watch->want_read = readable;
  watch->want_write = writable;
  arm(fd, watch);
}

void Resolver::Impl::arm(ares_socket_t fd, const std::shared_ptr<Watch>& watch) {
  const auto wait = [&](bool read, bool& under_way) {
    under_way = true;
    watch->descriptor.async_wait(read ? Descriptor::wait_read : Descriptor::wait_write,
                                 [self = weak_from_this(), fd, watch, read](const error_code& error) {
                                   (read ? watch->reading : watch->writing) = false;
                                   const auto impl = self.lock();
                                   if (impl && !error && watch->open) impl->on_ready(fd, watch, read);
                                 });
  };
  if (watch->want_read && !watch->reading) wait(true, watch->reading);
  if (watch->want_write && !watch->writing) wait(false, watch->writing);
}

void Resolver::Impl::on_ready(ares_socket_t fd, const std::shared_ptr<Watch>& watch, bool read) {
  ares_process_fd(channel_, read ? fd : ARES_SOCKET_BAD, read ? ARES_SOCKET_BAD : fd);
  if (watch->open) arm(fd, watch);
  arm_timer();
}

void Resolver::Impl::arm_timer() {
  timeval wait{};
  if (ares_timeout(channel_, nullptr, &wait) == nullptr) {
    timer_.cancel();
    return;
  }
  timer_.expires_after(std::chrono::seconds{wait.tv_sec} + std::chrono::microseconds{wait.tv_usec});
  timer_.async_wait([self = weak_from_this()](const error_code& error) {
    const auto impl = self.lock();
    if (!impl || error) return;
    ares_process_fd(impl->channel_, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
    impl->arm_timer();
  });
}

Resolver::Resolver(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}
Resolver::Resolver(Resolver&&) noexcept = default;
Resolver& Resolver::operator=(Resolver&&) noexcept = default;
Resolver::~Resolver() {
  if (impl_) impl_->close();
}

Result<Resolver> Resolver::make(asio::io_context& context, const std::vector<std::string>& servers,
                                Duration timeout) {
  auto impl = std::make_shared<Impl>(context);
  if (auto opened = impl->open(servers, timeout); !opened) return tl::unexpected(opened.error());
  return Resolver{std::move(impl)};
}

Task<DnsAnswer> Resolver::resolve(std::string name, Family family) {
  const auto start = [impl = impl_](auto handler, const std::string& wanted, Family record) {
    impl->start(wanted, record, Handler{std::move(handler)});
  };
  return asio::async_initiate<const asio::use_awaitable_t<Executor>, void(DnsAnswer)>(
      start, await, std::move(name), family);
}

void Resolver::cancel() {
  impl_->cancel();
}

const std::string& Resolver::server() const {
  return impl_->server;
}

}  // namespace meshdrill::probe
