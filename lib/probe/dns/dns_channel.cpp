#include "probe/dns/dns_channel.hpp"

#include "probe/dns/dns_sockets.hpp"
#include "probe/dns/system_servers.hpp"

#include <deque>
#include <map>
#include <utility>

#include <ares.h>
#include <boost/asio/posix/basic_stream_descriptor.hpp>
#include <boost/asio/post.hpp>
#include <fmt/format.h>

namespace meshdrill::probe {
namespace {

using Descriptor = asio::posix::basic_stream_descriptor<Executor>;

constexpr int dns_class_in = 1;

// A socket of c-ares' that we watch for it. Handlers share it, since they may run after c-ares closed it.
struct Watch {
  Watch(const Executor& executor, int fd) : descriptor(executor, fd) {}
  Descriptor descriptor;
  bool open = true;
  bool want_read = false, want_write = false;
  bool reading = false, writing = false;  // an async_wait is under way
};

int milliseconds_of(Duration timeout) {
  return static_cast<int>(
      std::max<std::int64_t>(1, std::chrono::ceil<std::chrono::milliseconds>(timeout).count()));
}

// c-ares says with ENODATA, SERVFAIL and the like what the message says too.
Delivery delivery_of(int status, bool has_message) {
  if (has_message) return Delivery::answered;
  switch (status) {
    case ARES_ETIMEOUT:
      return Delivery::timeout;
    case ARES_ECONNREFUSED:
      return Delivery::unreachable;
    default:
      return Delivery::failed;
  }
}

}  // namespace

class DnsChannel::Impl : public std::enable_shared_from_this<Impl> {
 public:
  explicit Impl(asio::io_context& context) : executor_(context.get_executor()), timer_(context) {}
  ~Impl() { close(); }
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;

  Result<> open(const Options& options);
  void ask(const std::string& name, RecordType type, Handler handler);
  void cancel();
  void close();
  void hand_out();

 private:
  struct Question {
    Impl* channel;
    Handler handler;
  };
  struct Ended {
    Handler handler;
    Delivery delivery;
    std::vector<unsigned char> message;
    std::string why;
  };
  static void on_answer(void* question, int status, int timeouts, unsigned char* bytes, int length);
  static void on_socket_state(void* self, ares_socket_t fd, int readable, int writable);
  void watch(ares_socket_t fd, bool readable, bool writable);
  void arm(ares_socket_t fd, const std::shared_ptr<Watch>& watch);
  void on_ready(ares_socket_t fd, const std::shared_ptr<Watch>& watch, bool read);
  void arm_timer();
  void on_time();
  void rest();

  Executor executor_;
  Timer timer_;
  bool timing_ = false;  // the timer is armed
  std::size_t asked_ = 0;
  std::deque<Ended> ended_;  // those whose askers do not know yet
  DnsSockets sockets_;
  ares_channel channel_ = nullptr;
  std::map<ares_socket_t, std::shared_ptr<Watch>> watches_;
};

Result<> DnsChannel::Impl::open(const Options& options) {
  ares_options settings{};
  // NOCHECKRESP: without it c-ares passes over what says SERVFAIL or REFUSED. IGNTC: whoever asks repeats a
  // truncated answer over TCP himself, and so knows of it. STAYOPEN: the socket outlives the question; not
  // one of TCP, which servers close when it is idle.
  settings.flags = ARES_FLAG_NOCHECKRESP | ARES_FLAG_NOSEARCH | ARES_FLAG_NOALIASES | ARES_FLAG_IGNTC;
  settings.flags |= options.transport == Transport::tcp ? ARES_FLAG_USEVC : ARES_FLAG_STAYOPEN;
  if (!options.recursive) settings.flags |= ARES_FLAG_NORECURSE;
  settings.timeout = milliseconds_of(options.timeout);
  settings.tries = 1;
  settings.sock_state_cb = &Impl::on_socket_state;
  settings.sock_state_cb_data = this;
  int status = start_cares();
  if (status == ARES_SUCCESS) {
    status = ares_init_options(&channel_, &settings,
                               ARES_OPT_FLAGS | ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES | ARES_OPT_SOCK_STATE_CB);
  }
  if (status == ARES_SUCCESS) status = ares_set_servers_ports_csv(channel_, options.server.c_str());
  if (status == ARES_SUCCESS && options.transport == Transport::udp) sockets_.serve(channel_);
  if (status != ARES_SUCCESS) return fail(fmt::format("cannot set up DNS: {}", ares_strerror(status)));
  return {};
}

void DnsChannel::Impl::close() {
  timer_.cancel();
  if (channel_ != nullptr) ares_destroy(std::exchange(channel_, nullptr));
}

void DnsChannel::Impl::ask(const std::string& name, RecordType type, Handler handler) {
  ++asked_;
  for (const auto& [fd, watch] : watches_) arm(fd, watch);
  // c-ares calls on_answer exactly once for each question, which takes it over.
  auto question = std::make_unique<Question>(Question{this, std::move(handler)});
  ares_query(channel_, name.c_str(), dns_class_in, static_cast<int>(type), &Impl::on_answer,
             question.release());
  if (asked_ > 0 && !timing_) arm_timer();
  // Not sent at all; whoever asks is not to be answered before this returns.
  if (!ended_.empty()) {
    asio::post(executor_, [self = weak_from_this()] {
      if (const auto impl = self.lock()) impl->hand_out();
    });
  }
}

void DnsChannel::Impl::on_answer(void* argument, int status, int /*timeouts*/, unsigned char* bytes,
                                 int length) {
  const std::unique_ptr<Question> question{static_cast<Question*>(argument)};
  Impl& channel = *question->channel;
  --channel.asked_;
  const Delivery delivery = delivery_of(status, bytes != nullptr);
  Ended ended{std::move(question->handler), delivery, {}, {}};
  if (bytes != nullptr) ended.message.assign(bytes, bytes + length);
  if (delivery == Delivery::failed) ended.why = ares_strerror(status);
  channel.ended_.push_back(std::move(ended));
}

// Outside of c-ares, so that they may do what they like. Most ask again: so only then is it clear whether
// there is anything left to wait for.
void DnsChannel::Impl::hand_out() {
  const auto self = shared_from_this();
  // What is asked meanwhile and fails at once has its turn later.
  for (std::size_t left = ended_.size(); left > 0 && !ended_.empty(); --left) {
    const Ended ended = std::move(ended_.front());
    ended_.pop_front();
    ended.handler(ended.delivery, ended.message, ended.why);
  }
  rest();
}

void DnsChannel::Impl::on_socket_state(void* self, ares_socket_t fd, int readable, int writable) {
  static_cast<Impl*>(self)->watch(fd, readable != 0, writable != 0);
}

void DnsChannel::Impl::watch(ares_socket_t fd, bool readable, bool writable) {
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

// Not while nothing is asked: a wait would keep the io_context running.
void DnsChannel::Impl::arm(ares_socket_t fd, const std::shared_ptr<Watch>& watch) {
  const auto wait = [&](bool read, bool& under_way) {
    under_way = true;
    watch->descriptor.async_wait(read ? Descriptor::wait_read : Descriptor::wait_write,
                                 [self = weak_from_this(), fd, watch, read](const error_code& error) {
                                   (read ? watch->reading : watch->writing) = false;
                                   const auto impl = self.lock();
                                   if (!impl || !watch->open) return;
                                   error ? impl->arm(fd, watch) : impl->on_ready(fd, watch, read);
                                 });
  };
  if (asked_ == 0) return;
  if (watch->want_read && !watch->reading) wait(true, watch->reading);
  if (watch->want_write && !watch->writing) wait(false, watch->writing);
}

void DnsChannel::Impl::on_ready(ares_socket_t fd, const std::shared_ptr<Watch>& watch, bool read) {
  if (read) sockets_.allow_one();
  ares_process_fd(channel_, read ? fd : ARES_SOCKET_BAD, read ? ARES_SOCKET_BAD : fd);
  hand_out();
  if (watch->open) arm(fd, watch);
}

// For what c-ares has to do when nothing comes. Comes too early when the question that it was for has been
// answered and another one asked since: cheaper than a timer for each.
void DnsChannel::Impl::arm_timer() {
  timeval wait{};
  if (ares_timeout(channel_, nullptr, &wait) == nullptr) return;
  timing_ = true;
  timer_.expires_after(std::chrono::seconds{wait.tv_sec} + std::chrono::microseconds{wait.tv_usec});
  timer_.async_wait([self = weak_from_this()](const error_code& error) {
    if (const auto impl = self.lock(); impl && !error) impl->on_time();
  });
}

void DnsChannel::Impl::on_time() {
  timing_ = false;
  ares_process_fd(channel_, ARES_SOCKET_BAD, ARES_SOCKET_BAD);
  hand_out();
  if (asked_ > 0 && !timing_) arm_timer();
}

void DnsChannel::Impl::cancel() {
  ares_cancel(channel_);
  hand_out();
}

// Ends the waits that are left when nothing is asked any more.
void DnsChannel::Impl::rest() {
  if (asked_ > 0) return;
  if (timing_) timer_.cancel();
  timing_ = false;
  for (const auto& [fd, watch] : watches_) {
    if (watch->reading || watch->writing) watch->descriptor.cancel();
  }
}

DnsChannel::DnsChannel(std::shared_ptr<Impl> impl) : impl_(std::move(impl)) {}
DnsChannel::DnsChannel(DnsChannel&&) noexcept = default;
DnsChannel& DnsChannel::operator=(DnsChannel&&) noexcept = default;
DnsChannel::~DnsChannel() {
  if (!impl_) return;
  impl_->close();
  impl_->hand_out();
}

Result<DnsChannel> DnsChannel::make(asio::io_context& context, const Options& options) {
  auto impl = std::make_shared<Impl>(context);
  if (auto opened = impl->open(options); !opened) return tl::unexpected(opened.error());
  return DnsChannel{std::move(impl)};
}

void DnsChannel::ask(const std::string& name, RecordType type, Handler handler) {
  impl_->ask(name, type, std::move(handler));
}

void DnsChannel::cancel() {
  impl_->cancel();
}

}  // namespace meshdrill::probe
