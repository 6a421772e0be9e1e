#include "kube/websocket.hpp"

#include <utility>
#include <variant>

#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/field.hpp>
#include <boost/beast/websocket.hpp>
#include <boost/beast/websocket/ssl.hpp>

namespace meshdrill::kube {

namespace {

namespace beast = boost::beast;
namespace http = boost::beast::http;
namespace websocket = boost::beast::websocket;
using Stage = HttpFailure::Stage;

constexpr std::size_t message_limit = std::size_t{16} << 20;

template <class Stream>
class Socket final : public WebSocket {
 public:
  Socket(Stream stream, std::string address) : socket_(std::move(stream)), address_(std::move(address)) {
    socket_.read_message_max(message_limit);
  }

  // The answer is whole but for the WebSocket.
  Task<HttpResult<UpgradeAnswer>> shake_hands(const ApiConnection& connection, std::string target,
                                              std::string protocols) {
    socket_.set_option(websocket::stream_base::decorator([&](websocket::request_type& head) {
      head.set(http::field::user_agent, "meshdrill");
      head.set(http::field::sec_websocket_protocol, protocols);
      for (const auto& [name, value] : connection.headers) head.insert(name, value);
    }));
    beast::get_lowest_layer(socket_).expires_at(connection.deadline);
    websocket::response_type response;
    const auto [error] =
        co_await socket_.async_handshake(response, connection.stream.host, target, try_await);
    if (error && error != websocket::error::upgrade_declined)
      co_return tl::unexpected(stream_failure(Stage::read, error, "opening a WebSocket with " + address_));
    UpgradeAnswer answer;
    answer.head.status = static_cast<int>(response.result_int());
    answer.body = std::move(response.body());
    co_return answer;
  }

  Task<HttpResult<std::optional<std::string>>> read_message(Clock::time_point deadline) override {
    beast::flat_buffer message;
    beast::get_lowest_layer(socket_).expires_at(deadline);
    const auto [error, size] = co_await socket_.async_read(message, try_await);
    if (error == websocket::error::closed) co_return std::optional<std::string>();
    if (error) co_return tl::unexpected(stream_failure(Stage::read, error, "reading from " + address_));
    std::optional<std::string> text(std::in_place, static_cast<const char*>(message.data().data()), size);
    co_return text;
  }

 private:
  websocket::stream<Stream> socket_;
  std::string address_;  // for messages
};

template <class Stream>
Task<HttpResult<UpgradeAnswer>> upgrade(ApiConnection& connection, std::string target,
                                        std::string protocols) {
  auto socket = std::make_unique<Socket<Stream>>(std::get<Stream>(std::move(connection.stream.stream)),
                                                 connection.stream.address);
  HttpResult<UpgradeAnswer> answer = co_await socket->shake_hands(connection, target, protocols);
  if (answer && answer->head.status == 101) answer->socket = std::move(socket);
  co_return answer;
}

}  // namespace

Task<HttpResult<UpgradeAnswer>> open_websocket(ApiConnection& connection, std::string target,
                                               std::string protocols) {
  if (std::holds_alternative<TlsStream>(connection.stream.stream)) {
    co_return co_await upgrade<TlsStream>(connection, target, protocols);
  }
  co_return co_await upgrade<PlainStream>(connection, target, protocols);
}

}  // namespace meshdrill::kube
