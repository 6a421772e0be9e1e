// A connection through a proxy, as if the proxy were not there.
#pragma once

#include "kube/api_stream.hpp"

namespace meshdrill::kube {

// Connects to the connection's proxy and has it connect to the API server: CONNECT of HTTP/1.1, inside TLS
// for an https proxy, or SOCKS5. An https proxy's certificate is checked against `tls`, as kubectl does. What
// comes back is a socket that leads to the API server.
Task<HttpResult<TcpConnection>> open_tunnel(Executor executor, const Connection& connection, TlsContext tls,
                                            Clock::time_point deadline);

}  // namespace meshdrill::kube
