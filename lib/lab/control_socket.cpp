#include "lab/control_socket.hpp"

#include "lab/net/listening.hpp"

#include <filesystem>
#include <set>
#include <sys/stat.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/write.hpp>
#include <fmt/format.h>

namespace meshdrill::lab {
namespace {

using LocalSocket = asio::basic_stream_socket<asio::local::stream_protocol, Executor>;
using LocalAcceptor = asio::basic_socket_acceptor<asio::local::stream_protocol, Executor>;

constexpr std::size_t line_limit = std::size_t{64} * 1024;
constexpr std::size_t path_limit = 107;  // sun_path, less its ending

Result<> check_path(const std::string& path) {
  if (path.size() <= path_limit) return {};
  return fail(fmt::format("{}: too long for a socket, which takes {} characters; choose a shorter --dir",
                          path, path_limit));
}

bool answered(const std::string& path) {
  asio::io_context context(1);
  LocalSocket socket(context.get_executor());
  error_code error;
  socket.connect(asio::local::stream_protocol::endpoint(path), error);
  return !error;
}

}  // namespace

struct ControlSocket::State {
  State(LocalAcceptor listener, std::string at, Handler how)
      : acceptor(std::move(listener)), path(std::move(at)), handler(std::move(how)) {}

  LocalAcceptor acceptor;
  std::string path;
  Handler handler;
  std::set<std::shared_ptr<LocalSocket>> clients;

  static Task<> accept_loop(std::shared_ptr<State> state) {
    while (state->acceptor.is_open()) {
      auto [error, socket] = co_await state->acceptor.async_accept(try_await);
      if (!state->acceptor.is_open()) break;
      if (error) continue;
      auto client = std::make_shared<LocalSocket>(std::move(socket));
      state->clients.insert(client);
      spawn(client->get_executor(), serve(state, client));
    }
  }

  static Task<> serve(std::shared_ptr<State> state, std::shared_ptr<LocalSocket> client) {
    std::string received;
    for (;;) {
      auto buffer = asio::dynamic_buffer(received, line_limit);
      const auto [not_read, size] = co_await asio::async_read_until(*client, buffer, '\n', try_await);
      if (not_read) break;
      const std::string line = received.substr(0, size - 1);
      received.erase(0, size);
      const std::string answer = state->handler(line) + "\n";
      const asio::const_buffer bytes = asio::buffer(answer);
      const auto [not_sent, sent] = co_await asio::async_write(*client, bytes, try_await);
      if (not_sent) break;
    }
    error_code ignored;
    client->close(ignored);
    state->clients.erase(client);
  }
};

ControlSocket::ControlSocket(std::shared_ptr<State> state) : state_(std::move(state)) {}

ControlSocket::~ControlSocket() {
  close();
}

Result<std::unique_ptr<ControlSocket>> ControlSocket::listen(Executor executor, const std::string& path,
                                                             Handler handler) {
  if (auto fits = check_path(path); !fits) return tl::unexpected(fits.error());
  if (answered(path)) return fail(fmt::format("{}: a lab is running there already", path));
  std::error_code absent;
  std::filesystem::remove(path, absent);
  LocalAcceptor acceptor(executor);
  error_code error;
  acceptor.open(asio::local::stream_protocol(), error);
  if (!error) acceptor.bind(asio::local::stream_protocol::endpoint(path), error);
  // Nobody can connect before it listens, so nobody gets in while the mode is still the default one.
  if (!error && ::chmod(path.c_str(), 0600) != 0) error.assign(errno, boost::system::system_category());
  if (!error) acceptor.listen(asio::socket_base::max_listen_connections, error);
  if (error) return fail(fmt::format("{}: cannot listen: {}", path, error.message()));
  auto state = std::make_shared<State>(std::move(acceptor), path, std::move(handler));
  spawn(executor, State::accept_loop(state));
  return std::unique_ptr<ControlSocket>(new ControlSocket(std::move(state)));
}

void ControlSocket::close() {
  if (!state_->acceptor.is_open()) return;
  error_code ignored;
  state_->acceptor.close(ignored);
  for (const auto& client : state_->clients) client->close(ignored);
  std::error_code absent;
  std::filesystem::remove(state_->path, absent);
}

Result<std::string> ask_control_socket(const std::string& path, const std::string& line) {
  if (auto fits = check_path(path); !fits) return tl::unexpected(fits.error());
  asio::io_context context(1);
  LocalSocket socket(context.get_executor());
  error_code error;
  socket.connect(asio::local::stream_protocol::endpoint(path), error);
  if (error) return fail(fmt::format("no lab is running at {}: {}", path, error.message()));
  asio::write(socket, asio::buffer(line + "\n"), error);
  std::string answer;
  if (!error) asio::read_until(socket, asio::dynamic_buffer(answer, line_limit), '\n', error);
  if (error) return fail(fmt::format("{}: the lab did not answer: {}", path, error.message()));
  answer.resize(answer.find('\n'));
  return answer;
}

}  // namespace meshdrill::lab
