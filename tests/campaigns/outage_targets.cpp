#include "outage_targets.hpp"

#include <optional>
#include <stdexcept>

#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <fmt/format.h>

namespace meshdrill::campaign {

using asio::ip::tcp;

struct Targets::Target {
  asio::ip::address_v4 address;
  Balancer balancer;
  std::optional<TcpAcceptor> acceptor{};
  std::optional<Fault> fault{};
  std::vector<Truth> truths{};
};

Targets::Targets(std::vector<Balancer> balancers) {
  for (std::size_t i = 0; i < balancers.size(); ++i) {
    const auto last = static_cast<std::uint32_t>(i + 1);
    auto target =
        std::make_unique<Target>(Target{asio::ip::address_v4{0x7F4D'0000U + last}, std::move(balancers[i])});
    addresses_.push_back(*parse_ip(target->address.to_string()));
    targets_.push_back(std::move(target));
  }
  // A port that is free on the first address may be taken on another.
  for (int attempt = 0; port_ == 0; ++attempt) {
    try {
      listen(*targets_.front(), 0);
      const std::uint16_t port = targets_.front()->acceptor->local_endpoint().port();
      for (std::size_t i = 1; i < targets_.size(); ++i) listen(*targets_[i], port);
      port_ = port;
    } catch (const boost::system::system_error&) {
      if (attempt == 20) throw;
      for (const auto& target : targets_) target->acceptor.reset();
    }
  }
  for (const auto& target : targets_) asio::co_spawn(context_, accept(*target), asio::detached);
  thread_ = std::thread{[this] {
    const auto guard = asio::make_work_guard(context_);
    context_.run();
  }};
}

Targets::~Targets() {
  context_.stop();
  thread_.join();
}

void Targets::listen(Target& target, std::uint16_t port) const {
  target.acceptor.emplace(const_cast<asio::io_context&>(context_));
  target.acceptor->open(tcp::v4());
  target.acceptor->set_option(tcp::acceptor::reuse_address{true});
  target.acceptor->bind({target.address, port});
  target.acceptor->listen(4096);
}

Task<> Targets::accept(Target& target) {
  while (target.acceptor) {
    auto [error, socket] = co_await target.acceptor->async_accept(try_await);
    if (error) co_return;
    asio::co_spawn(context_, serve(target, std::move(socket)), asio::detached);
  }
}

Task<> Targets::serve(Target& target, TcpSocket socket) {
  std::string request;
  char bytes[2048];
  while (request.find("\r\n\r\n") == std::string::npos) {
    const asio::mutable_buffer space = asio::buffer(bytes);
    auto [error, count] = co_await socket.async_read_some(space, try_await);
    if (error) co_return;
    request.append(bytes, count);
  }
  // This is the moment that decides.
  const auto fault = target.fault;
  if (fault == Fault::hang) {
    const asio::mutable_buffer space = asio::buffer(bytes);
    co_await socket.async_read_some(space, try_await);  // until the client has had enough
    co_return;
  }
  if (fault == Fault::reset) {
    error_code ignored;
    socket.set_option(asio::socket_base::linger{true, 0}, ignored);
    socket.close(ignored);
    co_return;
  }
  const std::string body = fault ? "no\n" : "Hello from Cluster " + target.balancer() + "\n";
  const std::string answer = fmt::format("HTTP/1.1 {}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{}",
                                         fault ? "503 Service Unavailable" : "200 OK", body.size(), body);
  const asio::const_buffer whole = asio::buffer(answer);
  co_await asio::async_write(socket, whole, try_await);
}

void Targets::run_faults(Clock::time_point end, const std::function<Episode()>& next) {
  asio::post(context_, [this, end, next] {
    for (const auto& target : targets_)
      asio::co_spawn(context_, fail_now_and_then(*target, end, next), asio::detached);
  });
}

Task<> Targets::fail_now_and_then(Target& target, Clock::time_point end, std::function<Episode()> next) {
  Timer timer{context_};
  while (true) {
    const Episode episode = next();
    if (Clock::now() + episode.well + episode.ill + std::chrono::seconds{1} > end) co_return;
    timer.expires_after(episode.well);
    co_await timer.async_wait(try_await);
    Truth truth;
    truth.fault = episode.fault;
    truth.begin_after = Clock::now();
    if (episode.fault == Fault::refuse) target.acceptor.reset();
    target.fault = episode.fault;
    truth.begin_before = Clock::now();
    timer.expires_after(episode.ill);
    co_await timer.async_wait(try_await);
    truth.end_after = Clock::now();
    target.fault.reset();
    if (episode.fault == Fault::refuse) {
      listen(target, port_);
      asio::co_spawn(context_, accept(target), asio::detached);
    }
    truth.end_before = Clock::now();
    const std::lock_guard lock{mutex_};
    target.truths.push_back(truth);
  }
}

std::vector<std::vector<Truth>> Targets::truths() {
  const std::lock_guard lock{mutex_};
  std::vector<std::vector<Truth>> result;
  for (const auto& target : targets_) result.push_back(target->truths);
  return result;
}

}  // namespace meshdrill::campaign
