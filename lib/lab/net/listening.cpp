#include "lab/net/listening.hpp"

#include <exception>

#include <boost/asio/co_spawn.hpp>

namespace meshdrill::lab {
namespace {

constexpr auto out_of_descriptors_pause = std::chrono::milliseconds(10);

Task<> accept_loop(std::shared_ptr<TcpAcceptor> acceptor, std::function<void(TcpSocket)> accepted) {
  while (acceptor->is_open()) {
    auto [error, socket] = co_await acceptor->async_accept(try_await);
    if (!acceptor->is_open()) break;  // closed while this connection was on its way to us
    if (!error) {
      accepted(std::move(socket));
    } else if (error == asio::error::no_descriptors) {
      Timer pause(acceptor->get_executor(), out_of_descriptors_pause);
      co_await pause.async_wait(await);
    }
  }
}

}  // namespace

tl::expected<TcpAcceptor, error_code> listen_on(Executor executor, const asio::ip::tcp::endpoint& endpoint) {
  TcpAcceptor acceptor(executor);
  error_code error;
  acceptor.open(endpoint.protocol(), error);
  if (!error) acceptor.set_option(asio::socket_base::reuse_address(true), error);
  if (!error) acceptor.bind(endpoint, error);
  if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error) return tl::unexpected(error);
  return acceptor;
}

void accept_all(std::shared_ptr<TcpAcceptor> acceptor, std::function<void(TcpSocket)> accepted) {
  const Executor executor = acceptor->get_executor();
  spawn(executor, accept_loop(std::move(acceptor), std::move(accepted)));
}

void spawn(Executor executor, Task<> task) {
  asio::co_spawn(executor, std::move(task), [](const std::exception_ptr& error) {
    if (error) std::rethrow_exception(error);
  });
}

}  // namespace meshdrill::lab
