// TLS as a Connection asks for it.
#pragma once

#include "base/result.hpp"
#include "kube/connection.hpp"

#include <memory>

#include <boost/asio/ssl/context.hpp>

namespace meshdrill::kube {

using TlsContext = std::shared_ptr<boost::asio::ssl::context>;

// TLS 1.2 or later; the connection's authorities (each trusted by itself, intermediates too, as Go does) or
// the system's; its client certificate. Fails on PEM that OpenSSL refuses, without ever quoting it.
Result<TlsContext> make_tls_context(const Connection& connection);

// The name or address that the server's certificate has to carry.
const std::string& server_identity(const Connection& connection);

// Makes `ssl` demand `identity`, a name or an address, and send it as SNI when it is a name.
Result<> expect_identity(SSL* ssl, const std::string& identity);

}  // namespace meshdrill::kube
