#include "probe/dns/dns_sockets.hpp"

#include <cerrno>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>
#include <utility>

namespace meshdrill::probe {
namespace {

ares_socket_t open(int family, int type, int protocol, void*) {
  return ::socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, protocol);
}

int close(ares_socket_t fd, void*) {
  return ::close(fd);
}

int connect(ares_socket_t fd, const sockaddr* peer, ares_socklen_t size, void*) {
  return ::connect(fd, peer, size);
}

ares_ssize_t send(ares_socket_t fd, const iovec* parts, int count, void*) {
  msghdr message{};
  message.msg_iov = const_cast<iovec*>(parts);
  message.msg_iovlen = static_cast<std::size_t>(count);
  return ::sendmsg(fd, &message, MSG_NOSIGNAL);
}

}  // namespace

void DnsSockets::serve(ares_channel channel) {
  static const ares_socket_functions functions{open, close, connect, &DnsSockets::receive, send};
  ares_set_socket_functions(channel, &functions, this);
}

ares_ssize_t DnsSockets::receive(ares_socket_t fd, void* space, std::size_t size, int flags, sockaddr* from,
                                 ares_socklen_t* from_size, void* self) {
  if (!std::exchange(static_cast<DnsSockets*>(self)->may_receive_, false)) {
    errno = EAGAIN;
    return -1;
  }
  return ::recvfrom(fd, space, size, flags, from, from_size);
}

}  // namespace meshdrill::probe
