#include "probe/dns/dns_sockets.hpp"

#include <cerrno>
#include <cstring>
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

ares_ssize_t send(ares_socket_t fd, const iovec* parts, int count, void*) {
  return ::writev(fd, parts, count);
}

}  // namespace

void DnsSockets::serve(ares_channel channel) {
  static const ares_socket_functions functions{open, close, &DnsSockets::connect, &DnsSockets::receive, send};
  ares_set_socket_functions(channel, &functions, this);
}

int DnsSockets::connect(ares_socket_t fd, const sockaddr* peer, ares_socklen_t size, void* self) {
  auto& peer_of = static_cast<DnsSockets*>(self)->peer_;
  peer_of.resize(size);
  std::memcpy(peer_of.data(), peer, size);
  return ::connect(fd, peer, size);
}

ares_ssize_t DnsSockets::receive(ares_socket_t fd, void* space, std::size_t size, int flags, sockaddr* from,
                                 ares_socklen_t* from_size, void* data) {
  auto& self = *static_cast<DnsSockets*>(data);
  if (!std::exchange(self.may_receive_, false)) {
    errno = EAGAIN;
    return -1;
  }
  const ares_ssize_t received = ::recv(fd, space, size, flags);
  if (received >= 0 && from != nullptr && *from_size >= self.peer_.size()) {
    *from_size = static_cast<ares_socklen_t>(self.peer_.size());
    std::memcpy(from, self.peer_.data(), self.peer_.size());
  }
  return received;
}

}  // namespace meshdrill::probe
