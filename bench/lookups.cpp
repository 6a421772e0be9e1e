// What a lookup costs: ours through c-ares, beside a bare exchange of the same datagrams, which waits in
// recv(), or in epoll_wait() as whoever waits for more than one thing must. One at a time, against a server
// of our own in another process, on core 0.
//
// lookups SECONDS ours|bare|epoll: prints the lookups made and the CPU that each took, in µs.
#include "base/async.hpp"
#include "probe/dns/resolver.hpp"

#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <netinet/in.h>
#include <sched.h>
#include <string>
#include <string_view>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>
#include <vector>

#include <boost/asio/co_spawn.hpp>

namespace {

using namespace meshdrill;

// A query for the A records of api.example.org, as it goes over the wire (RFC 1035, section 4).
constexpr std::string_view query{
    "\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00\x03"
    "api\x07"
    "example\x03"
    "org\x00\x00\x01\x00\x01",
    33};

int make_socket(std::uint16_t& port) {
  const int fd = ::socket(AF_INET, SOCK_DGRAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  ::bind(fd, reinterpret_cast<const sockaddr*>(&address), size);
  ::getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size);
  port = ntohs(address.sin_port);
  return fd;
}

// Answers every question with three A records.
[[noreturn]] void serve(int fd) {
  cpu_set_t cores;
  CPU_ZERO(&cores);
  CPU_SET(0, &cores);
  ::sched_setaffinity(0, sizeof cores, &cores);
  std::array<char, 512> packet{};
  for (;;) {
    sockaddr_in client{};
    socklen_t size = sizeof client;
    const ssize_t length =
        ::recvfrom(fd, packet.data(), packet.size(), 0, reinterpret_cast<sockaddr*>(&client), &size);
    if (length < 17) continue;
    const std::string_view asked{packet.data(), static_cast<std::size_t>(length)};
    const std::string_view question = asked.substr(12, asked.find('\0', 12) + 5 - 12);
    std::string answer{asked.substr(0, 2)};
    answer += std::string_view{"\x81\x80\x00\x01\x00\x03\x00\x00\x00\x00", 10};
    answer += question;
    for (char host = 1; host <= 3; ++host) {
      answer += std::string_view{"\xc0\x0c\x00\x01\x00\x01\x00\x00\x00\x05\x00\x04\x7f\x00\x00", 15};
      answer += host;
    }
    ::sendto(fd, answer.data(), answer.size(), 0, reinterpret_cast<const sockaddr*>(&client), size);
  }
}

long bare(std::uint16_t port, Clock::time_point end, bool with_epoll) {
  std::uint16_t ours = 0;
  const int fd = make_socket(ours);
  sockaddr_in server{};
  server.sin_family = AF_INET;
  server.sin_port = htons(port);
  server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  ::connect(fd, reinterpret_cast<const sockaddr*>(&server), sizeof server);
  const int epoll = ::epoll_create1(0);
  epoll_event event{};
  event.events = EPOLLIN;
  ::epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
  std::array<char, 512> answer{};
  long count = 0;
  for (; Clock::now() < end; ++count) {
    ::send(fd, query.data(), query.size(), 0);
    if (with_epoll) ::epoll_wait(epoll, &event, 1, -1);
    if (::recv(fd, answer.data(), answer.size(), 0) < 12) std::exit(1);
  }
  return count;
}

Task<> look_up(probe::Resolver& resolver, Clock::time_point end, long& count) {
  while (Clock::now() < end) {
    const probe::DnsAnswer answer = co_await resolver.resolve(Family::ipv4);
    if (answer.records.size() != 3) std::exit(1);
    ++count;
  }
}

long ours(std::uint16_t port, Clock::time_point end) {
  asio::io_context context{1};
  probe::Vantage vantage;
  vantage.name = "bench";
  vantage.kind = probe::VantageKind::servers;
  vantage.servers = {"127.0.0.1:" + std::to_string(port)};
  vantage.question = "api.example.org";
  auto resolver = probe::Resolver::make(context, std::move(vantage), std::chrono::seconds{5});
  if (!resolver) std::exit(1);
  long count = 0;
  asio::co_spawn(context, look_up(*resolver, end, count), [](std::exception_ptr error) {
    if (error) std::rethrow_exception(std::move(error));
  });
  context.run();
  return count;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::fputs("usage: lookups SECONDS ours|bare|epoll\n", stderr);
    return 2;
  }
  std::uint16_t port = 0;
  const int fd = make_socket(port);
  const pid_t server = ::fork();
  if (server == 0) serve(fd);
  const auto end = Clock::now() + std::chrono::seconds{std::atoi(argv[1])};
  const std::string_view kind{argv[2]};
  const long count = kind == "ours" ? ours(port, end) : bare(port, end, kind == "epoll");
  ::kill(server, SIGKILL);
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const double cpu = static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) * 1e6 +
                     static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec);
  std::printf("%ld %.1f\n", count, cpu / static_cast<double>(count));
}
