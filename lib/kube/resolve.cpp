#include "kube/resolve.hpp"

#include <array>
#include <chrono>
#include <cstring>
#include <memory>
#include <poll.h>

#include <ares.h>

namespace meshdrill::kube {
namespace {

using asio::ip::tcp;

// A lookup is rare (once a connection) and short: looking at its few sockets this often costs less than
// registering them with the event loop.
constexpr auto look_every = std::chrono::milliseconds{2};

struct DestroyChannel {
  void operator()(ares_channel channel) const { ares_destroy(channel); }
};
using Channel = std::unique_ptr<ares_channeldata, DestroyChannel>;

struct Lookup {
  std::uint16_t port = 0;
  bool finished = false;
  Resolution resolution;
};

void take_answer(void* lookup_pointer, int status, int /*timeouts*/, ares_addrinfo* info) {
  auto& lookup = *static_cast<Lookup*>(lookup_pointer);
  lookup.finished = true;
  if (status != ARES_SUCCESS) {
    lookup.resolution.problem = ares_strerror(status);
    return;
  }
  for (const ares_addrinfo_node* node = info->nodes; node != nullptr; node = node->ai_next) {
    tcp::endpoint endpoint;
    endpoint.resize(static_cast<std::size_t>(node->ai_addrlen));
    std::memcpy(endpoint.data(), node->ai_addr, static_cast<std::size_t>(node->ai_addrlen));
    endpoint.port(lookup.port);
    lookup.resolution.endpoints.push_back(endpoint);
  }
  ares_freeaddrinfo(info);
}

Channel open_channel() {
  static const int library = ares_library_init(ARES_LIB_INIT_ALL);
  ares_channel channel = nullptr;
  if (library != ARES_SUCCESS || ares_init(&channel) != ARES_SUCCESS) return nullptr;
  return Channel{channel};
}

// Sends, receives and repeats what is due.
void process(ares_channel channel) {
  std::array<ares_socket_t, ARES_GETSOCK_MAXNUM> sockets{};
  const int wanted = ares_getsock(channel, sockets.data(), ARES_GETSOCK_MAXNUM);
  bool any = false;
  for (unsigned i = 0; i < sockets.size(); ++i) {
    const auto bits = static_cast<unsigned>(wanted);
    ::pollfd socket{sockets.at(i), 0, 0};
    if ((bits >> i & 1U) != 0) socket.events |= POLLIN;
    if ((bits >> (i + ARES_GETSOCK_MAXNUM) & 1U) != 0) socket.events |= POLLOUT;
    if (socket.events == 0 || ::poll(&socket, 1, 0) != 1) continue;
    any = true;
    const bool writable = (socket.revents & POLLOUT) != 0;
    const bool readable = (socket.revents & ~POLLOUT) != 0;  // errors are read
    ares_process_fd(channel, readable ? socket.fd : ARES_SOCKET_BAD, writable ? socket.fd : ARES_SOCKET_BAD);
  }
  if (!any) ares_process_fd(channel, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
}

}  // namespace

Task<Resolution> resolve_host(Executor executor, std::string host, std::uint16_t port,
                              Clock::time_point deadline) {
  Lookup lookup{.port = port};
  error_code not_an_address;
  const auto address = asio::ip::make_address(host, not_an_address);
  if (!not_an_address) {
    lookup.resolution.endpoints.emplace_back(address, port);
    co_return lookup.resolution;
  }
  // Destroyed before `lookup`, which it may still call back.
  const Channel channel = open_channel();
  if (channel == nullptr) {
    lookup.resolution.problem = "the resolver cannot be started";
    co_return lookup.resolution;
  }
  ares_addrinfo_hints hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  ares_getaddrinfo(channel.get(), host.c_str(), nullptr, &hints, take_answer, &lookup);
  Timer timer{executor};
  while (!lookup.finished) {
    if (Clock::now() >= deadline) {
      lookup.resolution.timed_out = true;
      lookup.resolution.problem = "no answer from the resolver in time";
      break;
    }
    timer.expires_after(look_every);
    const auto [cancelled] = co_await timer.async_wait(try_await);
    if (cancelled) {
      lookup.resolution.problem = "cancelled";
      break;
    }
    process(channel.get());
  }
  // What the end of the channel says of a lookup that it cuts short is no news.
  Resolution resolution = std::move(lookup.resolution);
  co_return resolution;
}

}  // namespace meshdrill::kube
