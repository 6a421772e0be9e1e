#include "lab/api/api_websocket.hpp"

#include "lab/api/api_exec.hpp"

#include <boost/beast/websocket.hpp>
#include <boost/beast/websocket/ssl.hpp>

namespace meshdrill::lab {

namespace websocket = boost::beast::websocket;

bool wants_websocket(const UpgradeRequest& request) {
  return websocket::is_upgrade(request);
}

Task<> send_output(boost::beast::ssl_stream<TcpSocket>& stream, const UpgradeRequest& upgrade,
                   ExecOutput output) {
  websocket::stream<boost::beast::ssl_stream<TcpSocket>&> socket(stream);
  const auto offered = upgrade[boost::beast::http::field::sec_websocket_protocol];
  const std::string protocol = chosen_protocol({offered.data(), offered.size()});
  socket.set_option(websocket::stream_base::decorator([&protocol](websocket::response_type& response) {
    if (!protocol.empty()) response.set(boost::beast::http::field::sec_websocket_protocol, protocol);
  }));
  const auto [refused] = co_await socket.async_accept(upgrade, try_await);
  if (refused) co_return;
  socket.binary(true);
  const std::vector<std::string> frames = exec_frames(output);
  for (const std::string& frame : frames) {
    const asio::const_buffer bytes = asio::buffer(frame);
    const auto [error, size] = co_await socket.async_write(bytes, try_await);
    if (error || size == 0) co_return;
  }
  co_await socket.async_close(websocket::close_code::normal, try_await);
}

}  // namespace meshdrill::lab
