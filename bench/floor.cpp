// The least that an HTTP load generator can do: raw system calls and epoll, no checks beyond the length of
// the answer. What ours costs above this is the price of knowing what was answered.
//
// floor PORT CONNECTIONS SECONDS new|reused: against 127.0.0.1; prints the number of answers.
#include <array>
#include <cerrno>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <netinet/in.h>
#include <string_view>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>
#include <vector>

namespace {

constexpr std::string_view fresh_request =
    "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: floor\r\nAccept: */*\r\nConnection: close\r\n\r\n";
constexpr std::string_view reused_request =
    "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: floor\r\nAccept: */*\r\nConnection: keep-alive\r\n\r\n";

class Loop {
 public:
  Loop(std::uint16_t port, bool fresh) : fresh_(fresh), epoll_(::epoll_create1(0)) {
    server_.sin_family = AF_INET;
    server_.sin_port = htons(port);
    server_.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  }

  void open() {
    const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (::connect(fd, reinterpret_cast<const sockaddr*>(&server_), sizeof server_) != 0 &&
        errno != EINPROGRESS)
      die("connect");
    // The server is on this machine: it has accepted already.
    send(fd);
    epoll_event event{};
    event.events = EPOLLIN | EPOLLRDHUP | EPOLLET;
    event.data.fd = fd;
    if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event) != 0) die("epoll_ctl");
  }

  void turn() {
    const int count = ::epoll_wait(epoll_, events_.data(), static_cast<int>(events_.size()), 100);
    for (int i = 0; i < count; ++i) handle(events_[static_cast<std::size_t>(i)]);
  }

  [[nodiscard]] long answers() const { return answers_; }

 private:
  [[noreturn]] static void die(const char* what) {
    std::perror(what);
    std::exit(1);
  }

  void send(int fd) const {
    const std::string_view request = fresh_ ? fresh_request : reused_request;
    if (::send(fd, request.data(), request.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(request.size()))
      die("send");
  }

  void handle(const epoll_event& event) {
    const int fd = event.data.fd;
    const ssize_t size = ::recv(fd, buffer_.data(), buffer_.size(), 0);
    if (size > 0) ++answers_;
    if (!fresh_) {
      send(fd);
    } else if (size <= 0 || (event.events & EPOLLRDHUP) != 0) {
      ::close(fd);
      open();
    }
  }

  bool fresh_;
  int epoll_;
  sockaddr_in server_{};
  std::array<epoll_event, 128> events_{};
  std::array<char, 16'384> buffer_{};
  long answers_ = 0;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) {
    std::fputs("usage: floor PORT CONNECTIONS SECONDS new|reused\n", stderr);
    return 2;
  }
  Loop loop{static_cast<std::uint16_t>(std::atoi(argv[1])), std::strcmp(argv[4], "new") == 0};
  for (int i = 0; i < std::atoi(argv[2]); ++i) loop.open();
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{std::atoi(argv[3])};
  while (std::chrono::steady_clock::now() < end) loop.turn();
  std::printf("%ld\n", loop.answers());
}
