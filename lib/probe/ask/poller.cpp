#include "probe/ask/poller.hpp"

#include <algorithm>
#include <cerrno>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

#include <boost/asio/post.hpp>

namespace meshdrill::probe {
namespace {

constexpr std::uint32_t ended = EPOLLRDHUP | EPOLLHUP | EPOLLERR;
// Deadlines are looked at no more often than this, so that thousands of hanging requests cost little.
constexpr Duration least_between_expiries = std::chrono::milliseconds{1};

int make_epoll() {
  const int fd = ::epoll_create1(EPOLL_CLOEXEC);
  if (fd < 0) throw boost::system::system_error{errno, boost::system::system_category(), "epoll_create1"};
  return fd;
}

std::uint64_t pack(int fd, std::uint32_t generation) {
  return std::uint64_t{generation} << 32 | static_cast<std::uint32_t>(fd);
}

}  // namespace

Poller::Poller(asio::io_context& context)
    : context_(context), epoll_(make_epoll()), descriptor_(context, epoll_), expiry_timer_(context) {}

Poller::~Poller() {
  for (const Entry* known : waiting_) {
    if (known->closing) ::close(known->fd);
  }
}

Poller::Entry& Poller::entry(int fd) {
  const auto index = static_cast<std::size_t>(fd);
  if (index >= entries_.size()) entries_.resize(index + 1);
  std::unique_ptr<Entry>& known = entries_[index];
  if (!known) {
    known = std::make_unique<Entry>();
    known->fd = fd;
  }
  return *known;
}

bool Poller::seen_readable(int fd) {
  return (entry(fd).seen & (readable | ended)) != 0;
}

bool Poller::seen_closed(int fd) {
  return (entry(fd).seen & ended) != 0;
}

void Poller::watch(Entry& known, std::uint32_t events) {
  events |= EPOLLIN | EPOLLRDHUP | EPOLLET;
  if ((known.interest & events) == events) return;
  epoll_event event{};
  event.events = events;
  event.data.u64 = pack(known.fd, known.generation);
  ::epoll_ctl(epoll_, known.interest == 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD, known.fd, &event);
  known.interest = events;
}

Task<Wake> Poller::wait(int fd, std::uint32_t event, Clock::time_point deadline) {
  const auto initiate = [this, fd, event, deadline](Handler handler) {
    start_wait(entry(fd), event, deadline, std::move(handler));
  };
  return asio::async_initiate<const asio::use_awaitable_t<Executor>&, void(Wake)>(initiate, await);
}

void Poller::start_wait(Entry& known, std::uint32_t event, Clock::time_point deadline, Handler handler) {
  const bool ready = (known.seen & (event | ended)) != 0;
  if (ready || cancelled_) {
    known.seen &= ~event;
    const Wake wake = cancelled_ ? Wake::cancelled : Wake::ready;
    asio::post(context_, [handler = std::move(handler), wake]() mutable { std::move(handler)(wake); });
    return;
  }
  watch(known, event == writable ? writable : 0);
  known.wanted = event;
  known.waiter.emplace(std::move(handler));
  enlist(known, deadline);
}

void Poller::enlist(Entry& known, Clock::time_point deadline) {
  known.deadline = deadline;
  known.position = waiting_.size();
  waiting_.push_back(&known);
  if (deadline < expiry_) arm_expiry(deadline);
  arm();
}

void Poller::delist(Entry& known) {
  Entry* const last = waiting_.back();
  waiting_[known.position] = last;
  last->position = known.position;
  waiting_.pop_back();
  known.position = nowhere;
}

void Poller::resume(Entry& known, Wake wake) {
  delist(known);
  known.seen &= ~known.wanted;
  Handler handler = std::move(*known.waiter);
  known.waiter.reset();
  std::move(handler)(wake);
}

void Poller::close(int fd) {
  close(entry(fd));
}

void Poller::close(Entry& known) {
  ++known.generation;
  known.interest = 0;
  known.seen = 0;
  known.closing = false;
  ::close(known.fd);
}

void Poller::close_after_peer(int fd, Duration patience, bool drain) {
  Entry& known = entry(fd);
  known.drain = drain;
  if (cancelled_ || (known.seen & ended) != 0) {
    end_closing(known);
    return;
  }
  watch(known, 0);
  known.closing = true;
  enlist(known, Clock::now() + patience);
}

void Poller::end_closing(Entry& known) {
  if (known.position != nowhere) delist(known);
  if (known.drain) {
    // Closing a socket that has something unread resets the connection.
    std::array<char, 4096> dropped{};
    while (::recv(known.fd, dropped.data(), dropped.size(), MSG_DONTWAIT) > 0) {
    }
  }
  close(known);
}

void Poller::handle(Entry& known, std::uint32_t events) {
  known.seen |= events;
  if (known.closing) {
    if ((events & ended) != 0) end_closing(known);
  } else if (known.waiter && (known.seen & (known.wanted | ended)) != 0) {
    resume(known, Wake::ready);
  }
}

void Poller::turn(int milliseconds) {
  const int count = ::epoll_wait(epoll_, events_.data(), static_cast<int>(events_.size()), milliseconds);
  for (int i = 0; i < count; ++i) {
    const epoll_event& event = events_[static_cast<std::size_t>(i)];
    Entry& known = entry(static_cast<int>(event.data.u64 & 0xffffffffU));
    // Closed since by the handling of an event before this one?
    if (known.generation == event.data.u64 >> 32) handle(known, event.events);
  }
  rest_when_finished();
}

void Poller::arm() {
  if (armed_ || driven_) return;
  armed_ = true;
  descriptor_.async_wait(asio::posix::descriptor_base::wait_read, [this](const error_code& error) {
    if (error) return;
    armed_ = false;
    turn(0);
    if (!waiting_.empty()) arm();
  });
}

void Poller::arm_expiry(Clock::time_point deadline) {
  expiry_ = std::max(deadline, Clock::now() + least_between_expiries);
  expiry_timer_.expires_at(expiry_);
  expiry_timer_.async_wait([this](const error_code& error) {
    if (!error) expire();
  });
}

void Poller::expire() {
  expiry_ = Clock::time_point::max();
  const auto now = Clock::now();
  std::vector<Entry*> due;
  for (Entry* known : waiting_) {
    if (known->deadline <= now) due.push_back(known);
  }
  for (Entry* known : due) {
    // Another's resumption may have ended this wait.
    if (known->position == nowhere || known->deadline > now) continue;
    if (known->closing) {
      end_closing(*known);
    } else {
      resume(*known, Wake::timed_out);
    }
  }
  auto next = Clock::time_point::max();
  for (const Entry* known : waiting_) next = std::min(next, known->deadline);
  if (next < expiry_) arm_expiry(next);
  rest_when_finished();
}

void Poller::give_up(int fd) {
  if (entry(fd).waiter) resume(entry(fd), Wake::cancelled);
}

void Poller::cancel() {
  cancelled_ = true;
  while (!waiting_.empty()) {
    Entry& known = *waiting_.back();
    if (known.closing) {
      end_closing(known);
    } else {
      resume(known, Wake::cancelled);
    }
  }
}

void Poller::drop() {
  for (const auto& known : entries_) {
    if (known) known->waiter.reset();
  }
}

void Poller::finish() {
  finishing_ = true;
  rest_when_finished();
}

void Poller::rest_when_finished() {
  if (!is_at_rest()) return;
  expiry_timer_.cancel();
  descriptor_.cancel();
}

}  // namespace meshdrill::probe
