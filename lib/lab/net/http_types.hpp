// The Beast types of the lab's two HTTP/1.1 servers. Slow to compile: for pod_server.cpp and ingress files
// only.
#pragma once

#include "base/async.hpp"

#include <boost/beast/core/basic_stream.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http.hpp>

namespace meshdrill::lab {

namespace beast = boost::beast;
namespace http = beast::http;

using HttpStream = beast::basic_stream<asio::ip::tcp, Executor>;
using HttpRequest = http::request<http::string_body>;
using HttpResponse = http::response<http::string_body>;

}  // namespace meshdrill::lab
