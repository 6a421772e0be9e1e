// The WebSocket of pods/exec.
#pragma once

#include "base/async.hpp"
#include "lab/api/pod_access.hpp"

#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/ssl/ssl_stream.hpp>

namespace meshdrill::lab {

using UpgradeRequest = boost::beast::http::request<boost::beast::http::string_body>;

// Whether the request wants to become a WebSocket.
bool wants_websocket(const UpgradeRequest& request);

// Accepts `upgrade` on the stream that it came over, sends the output of a command, and closes the WebSocket.
Task<> send_output(boost::beast::ssl_stream<TcpSocket>& stream, const UpgradeRequest& upgrade,
                   ExecOutput output);

}  // namespace meshdrill::lab
