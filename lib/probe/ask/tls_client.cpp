#include "probe/ask/tls_client.hpp"

#include "base/system_authorities.hpp"
#include "probe/ask/tls_algorithms.hpp"

#include <algorithm>
#include <cstring>
#include <limits>
#include <utility>

#include <fmt/format.h>
#include <openssl/err.h>
#include <openssl/x509v3.h>

namespace meshdrill::probe {
namespace {

std::string newest_error() {
  const unsigned long error = ERR_peek_last_error();
  ERR_clear_error();
  if (ERR_SYSTEM_ERROR(error)) return std::strerror(ERR_GET_REASON(error));  // NOLINT(concurrency-mt-unsafe)
  const char* reason = ERR_reason_error_string(error);
  return reason != nullptr ? reason : "unknown error";
}

// As browsers and Go have them: AES-128 first, whose SHA-256 processors have instructions for, as they have
// not for the SHA-384 of AES-256. Then all that OpenSSL offers by default and can be used without a shared
// secret.
constexpr const char* suites_of_tls13 =
    "TLS_AES_128_GCM_SHA256:TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256";
constexpr const char* suites_of_tls12 =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ALL:!COMPLEMENTOFDEFAULT:!eNULL:!PSK:!SRP";

constexpr std::size_t most_remembered = 64;  // chains found good

// Instead of asking for a passphrase at the terminal.
int no_passphrase(char*, int, int, void*) {
  return -1;
}

// The name that the certificate must have, as the check was told.
std::string name_in(X509_STORE_CTX* check) {
  X509_VERIFY_PARAM* const wanted = X509_STORE_CTX_get0_param(check);
  if (const char* host = X509_VERIFY_PARAM_get0_host(wanted, 0)) return host;
  char* const address = X509_VERIFY_PARAM_get1_ip_asc(wanted);
  const std::string name = address != nullptr ? address : "";
  OPENSSL_free(address);
  return name;
}

void append_der(std::string& text, X509* certificate) {
  unsigned char* der = nullptr;
  const int size = i2d_X509(certificate, &der);
  if (size > 0) text.append(reinterpret_cast<const char*>(der), static_cast<std::size_t>(size));
  OPENSSL_free(der);
}

std::string certificates_in(X509_STORE_CTX* check) {
  std::string all;
  append_der(all, X509_STORE_CTX_get0_cert(check));
  const STACK_OF(X509)* const others = X509_STORE_CTX_get0_untrusted(check);
  for (int i = 0; i < sk_X509_num(others); ++i) append_der(all, sk_X509_value(others, i));
  return all;
}

std::time_t to_time(const ASN1_TIME* time) {
  std::tm parts{};
  return ASN1_TIME_to_tm(time, &parts) == 1 ? ::timegm(&parts) : 0;
}

IpAddress* address_of(SSL* connection) {
  return static_cast<IpAddress*>(SSL_get_app_data(connection));
}

}  // namespace

Result<std::unique_ptr<TlsClient>> TlsClient::make(const std::string& ca_file, const TlsOptions& options) {
  SSL_CTX* const context = SSL_CTX_new_ex(tls_algorithms(), nullptr, TLS_client_method());
  if (context == nullptr) return fail("TLS cannot be used: " + newest_error());
  std::unique_ptr<TlsClient> client{new TlsClient{context}};
  SSL_CTX_set_min_proto_version(context,
                                options.min_version == TlsVersion::tls13 ? TLS1_3_VERSION : TLS1_2_VERSION);
  if (SSL_CTX_set_ciphersuites(context, suites_of_tls13) != 1 ||
      SSL_CTX_set_cipher_list(context, suites_of_tls12) != 1)
    return fail("TLS cannot be used: " + newest_error());
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER |
                                SSL_MODE_RELEASE_BUFFERS);
  // One read for a record instead of one for its head and one for its body.
  SSL_CTX_set_read_ahead(context, 1);
  client->insecure_ = options.insecure;
  SSL_CTX_set_cert_verify_callback(context, &TlsClient::verify, client.get());
  SSL_CTX_set_verify(context, options.insecure ? SSL_VERIFY_NONE : SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_OFF);
  if (auto done = client->trust(ca_file); !done) return tl::unexpected(done.error());
  if (auto done = client->present(options); !done) return tl::unexpected(done.error());
  if (options.resume) client->resume_sessions();
  return client;
}

TlsClient::~TlsClient() {
  for (const auto& [address, session] : tickets_) SSL_SESSION_free(session);
  SSL_CTX_free(context_);
}

Result<> TlsClient::trust(const std::string& ca_file) {
  if (ca_file.empty()) return trust_system_authorities(context_);
  const int done = SSL_CTX_load_verify_file(context_, ca_file.c_str());
  if (done != 1) return fail("CA file '" + ca_file + "' cannot be used: " + newest_error());
  return {};
}

Result<> TlsClient::present(const TlsOptions& options) {
  if (options.certificate_file.empty() && options.key_file.empty()) return {};
  if (options.certificate_file.empty() || options.key_file.empty()) {
    return fail("client certificate: a certificate and its key are needed, and one of the two is missing");
  }
  if (SSL_CTX_use_certificate_chain_file(context_, options.certificate_file.c_str()) != 1) {
    return fail("client certificate '" + options.certificate_file + "' cannot be used: " + newest_error());
  }
  SSL_CTX_set_default_passwd_cb(context_, no_passphrase);
  if (SSL_CTX_use_PrivateKey_file(context_, options.key_file.c_str(), SSL_FILETYPE_PEM) != 1) {
    return fail("client key '" + options.key_file + "' cannot be used: " + newest_error() +
                "; it must be an unencrypted PEM file that belongs to the certificate");
  }
  return {};
}

void TlsClient::resume_sessions() {
  SSL_CTX_set_session_cache_mode(context_, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_set_app_data(context_, this);
  SSL_CTX_sess_set_new_cb(context_, &TlsClient::keep_session);
}

int TlsClient::keep_session(SSL* connection, SSL_SESSION* session) {
  auto* const self = static_cast<TlsClient*>(SSL_CTX_get_app_data(SSL_get_SSL_CTX(connection)));
  SSL_SESSION*& ticket = self->tickets_[*address_of(connection)];
  SSL_SESSION_free(ticket);
  ticket = session;
  return 1;
}

int TlsClient::verify(X509_STORE_CTX* check, void* self) {
  TlsClient& client = *static_cast<TlsClient*>(self);
  // OpenSSL checks even what it is told not to mind.
  if (client.insecure_) return 1;
  std::string what = name_in(check) + '\n' + certificates_in(check);
  const auto good = client.good_.find(what);
  const std::time_t now = std::time(nullptr);
  if (good != client.good_.end() && good->second.from <= now && now < good->second.until) {
    X509_STORE_CTX_set_error(check, X509_V_OK);
    return 1;
  }
  const int result = X509_verify_cert(check);
  if (result == 1) client.remember(check, std::move(what));
  return result;
}

void TlsClient::remember(X509_STORE_CTX* check, std::string what) {
  Validity validity{0, std::numeric_limits<std::time_t>::max()};
  const STACK_OF(X509)* const chain = X509_STORE_CTX_get0_chain(check);
  for (int i = 0; i < sk_X509_num(chain); ++i) {
    const X509* const certificate = sk_X509_value(chain, i);
    validity.from = std::max(validity.from, to_time(X509_get0_notBefore(certificate)));
    validity.until = std::min(validity.until, to_time(X509_get0_notAfter(certificate)));
  }
  if (good_.size() >= most_remembered) good_.clear();
  good_[std::move(what)] = validity;
}

TlsSession TlsClient::start(int fd, const Target& target, const IpAddress& address) {
  TlsSession session{SSL_new(context_)};
  SSL* const native = session.get();
  if (native == nullptr) throw std::bad_alloc{};
  SSL_set_fd(native, fd);
  SSL_set_app_data(native, const_cast<IpAddress*>(&address));
  if (target.literal) {
    X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(native), target.host.c_str());
  } else {
    // What SSL_set_tlsext_host_name does, whose macro has casts of the old style.
    SSL_ctrl(native, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
             const_cast<char*>(target.host.c_str()));
    SSL_set_hostflags(native, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    SSL_set1_host(native, target.host.c_str());
  }
  if (const auto ticket = tickets_.find(address); ticket != tickets_.end()) {
    SSL_set_session(native, ticket->second);
    SSL_SESSION_free(ticket->second);
    tickets_.erase(ticket);
  }
  SSL_set_connect_state(native);
  return session;
}

std::string tls_failure(const SSL* session) {
  const long verified = SSL_get_verify_result(session);
  std::string reason = newest_error();
  const bool checked = (SSL_get_verify_mode(session) & SSL_VERIFY_PEER) != 0;
  return checked && verified != X509_V_OK ? X509_verify_cert_error_string(verified) : reason;
}

}  // namespace meshdrill::probe
