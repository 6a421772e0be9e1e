// The TLS side of a run: what is trusted, who we are, and one session for each connection.
#pragma once

#include "base/ip_prefix.hpp"
#include "base/result.hpp"
#include "probe/ask/target.hpp"
#include "probe/prober.hpp"

#include <ctime>
#include <map>
#include <memory>
#include <string>

#include <openssl/ssl.h>
#include <openssl/x509.h>

namespace meshdrill::probe {

struct FreeSession {
  // Marked as shut down, since OpenSSL would not resume the session of a connection that was just dropped.
  void operator()(SSL* session) const {
    SSL_set_shutdown(session, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
    SSL_free(session);
  }
};
using TlsSession = std::unique_ptr<SSL, FreeSession>;

class TlsClient {
 public:
  // Reads the files. The error names the one that cannot be used, and why.
  static Result<std::unique_ptr<TlsClient>> make(const std::string& ca_file, const TlsOptions& options);
  ~TlsClient();
  TlsClient(const TlsClient&) = delete;
  TlsClient& operator=(const TlsClient&) = delete;

  // A session over the connected socket `fd`, which stays the caller's. SNI and the name that the certificate
  // must have are those of the target, whatever the address.
  [[nodiscard]] TlsSession start(int fd, const Target& target, const IpAddress& address);

 private:
  explicit TlsClient(SSL_CTX* context) : context_(context) {}
  Result<> trust(const std::string& ca_file);
  Result<> present(const TlsOptions& options);
  void resume_sessions();
  static int keep_session(SSL* connection, SSL_SESSION* session);
  static int verify(X509_STORE_CTX* check, void* self);
  void remember(X509_STORE_CTX* check, std::string what);

  // All certificates of a chain are valid then.
  struct Validity {
    std::time_t from = 0;
    std::time_t until = 0;
  };

  SSL_CTX* context_;
  bool insecure_ = false;
  // What is found of a certificate depends on its bytes and those of the others sent with it, on the name, on
  // what is trusted, and on the time. What was found good, by the first two, is so again while it is valid.
  std::map<std::string, Validity> good_;
  // The latest ticket of each address; used once. Tickets are not shared between addresses, as behind each
  // stands another cluster.
  std::map<IpAddress, SSL_SESSION*> tickets_;
};

// Why the handshake of `session` failed, for a person: what is wrong with the certificate, or OpenSSL's
// reason, which it takes off this thread's error queue.
std::string tls_failure(const SSL* session);

}  // namespace meshdrill::probe
