// The system calls of a c-ares channel with one server. Its own go on reading a datagram socket until it is
// empty: a call for nothing after each answer.
#pragma once

#include <cstddef>
#include <vector>

#include <ares.h>

namespace meshdrill::probe {

// Must outlive the channel.
class DnsSockets {
 public:
  // Before the channel's first question. For one that only uses UDP; the sockets do not block.
  void serve(ares_channel channel);

  // c-ares is about to be told that a socket is readable: it may read one datagram. Whoever waits for sockets
  // has to ask about each anew afterwards, as there may be more.
  void allow_one() { may_receive_ = true; }

 private:
  static int connect(ares_socket_t fd, const sockaddr* peer, ares_socklen_t size, void* self);
  static ares_ssize_t receive(ares_socket_t fd, void* space, std::size_t size, int flags, sockaddr* from,
                              ares_socklen_t* from_size, void* data);

  bool may_receive_ = false;
  std::vector<char> peer_;  // of the latest socket; the kernel lets nothing else through to it
};

}  // namespace meshdrill::probe
