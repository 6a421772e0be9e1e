#include "kube/tls_context.hpp"

#include "base/system_authorities.hpp"

#include <boost/asio/ip/address.hpp>
#include <boost/asio/ssl/error.hpp>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

namespace meshdrill::kube {

namespace {

namespace ssl = boost::asio::ssl;
using boost::system::error_code;

struct BioDeleter {
  void operator()(BIO* bio) const { BIO_free(bio); }
};

struct X509Deleter {
  void operator()(X509* certificate) const { X509_free(certificate); }
};

// Go takes every certificate of the file as a root, whether it signed itself or not.
Result<> add_authorities(ssl::context& context, const std::string& pem) {
  const std::unique_ptr<BIO, BioDeleter> bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  X509_STORE* store = SSL_CTX_get_cert_store(context.native_handle());
  int added = 0;
  while (true) {
    const std::unique_ptr<X509, X509Deleter> certificate(
        PEM_read_bio_X509(bio.get(), nullptr, nullptr, nullptr));
    if (!certificate) break;
    X509_STORE_add_cert(store, certificate.get());
    ++added;
  }
  // The end of the text is reported as "no start line"; anything else is a broken certificate.
  const bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  ERR_clear_error();
  if (added == 0 || !at_end) return fail("the certificate authority is not a list of PEM certificates");
  X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN);
  return {};
}

Result<> add_client_certificate(ssl::context& context, const Connection& connection) {
  error_code error;
  // Without this OpenSSL asks the terminal for the password of an encrypted key.
  context.set_password_callback([](std::size_t, ssl::context::password_purpose) { return std::string(); },
                                error);
  context.use_certificate_chain(boost::asio::buffer(connection.client_certificate), error);
  if (error) return fail("the client certificate is not a PEM certificate: " + error.message());
  context.use_private_key(boost::asio::buffer(connection.client_key), ssl::context::pem, error);
  if (error)
    return fail("the client key cannot be used (not PEM, encrypted, or of another certificate): " +
                error.message());
  if (SSL_CTX_check_private_key(context.native_handle()) != 1) {
    ERR_clear_error();
    return fail("the client key does not belong to the client certificate");
  }
  return {};
}

}  // namespace

Result<TlsContext> make_tls_context(const Connection& connection) {
  auto context = std::make_shared<ssl::context>(ssl::context::tls_client);
  if (SSL_CTX_set_min_proto_version(context->native_handle(), TLS1_2_VERSION) != 1)
    return fail("OpenSSL has no TLS 1.2");
  error_code error;
  context->set_verify_mode(connection.insecure ? ssl::verify_none : ssl::verify_peer, error);
  if (connection.ca.empty()) {
    if (auto trusted = trust_system_authorities(context->native_handle()); !trusted)
      return tl::unexpected(trusted.error());
  } else if (auto added = add_authorities(*context, connection.ca); !added) {
    return tl::unexpected(added.error());
  }
  if (!connection.client_certificate.empty()) {
    if (auto added = add_client_certificate(*context, connection); !added)
      return tl::unexpected(added.error());
  }
  return context;
}

const std::string& server_identity(const Connection& connection) {
  return connection.tls_server_name.empty() ? connection.host : connection.tls_server_name;
}

Result<> expect_identity(SSL* ssl, const std::string& identity) {
  error_code not_an_address;
  boost::asio::ip::make_address(identity, not_an_address);
  X509_VERIFY_PARAM* parameters = SSL_get0_param(ssl);
  if (!not_an_address) {
    if (X509_VERIFY_PARAM_set1_ip_asc(parameters, identity.c_str()) != 1)
      return fail("the server's address cannot be checked: " + identity);
    return {};
  }
  X509_VERIFY_PARAM_set_hostflags(parameters, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  // SSL_set_tlsext_host_name is a macro with a C cast in it.
  const long named = SSL_ctrl(ssl, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
                              const_cast<char*>(identity.c_str()));
  if (named != 1 || SSL_set1_host(ssl, identity.c_str()) != 1)
    return fail("the server's name cannot be checked: " + identity);
  return {};
}

}  // namespace meshdrill::kube
