// Makes certificate authorities and certificates (EC P-256) with OpenSSL, as PEM text.
#pragma once

#include "base/duration.hpp"
#include "base/result.hpp"

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace meshdrill {

struct KeyPair {
  std::string certificate;  // PEM
  std::string key;          // PEM, PKCS#8; secret: files that hold it are 0600, and it is never printed
};

struct CertificateRequest {
  std::string common_name;
  std::string organization;               // Kubernetes reads it as the group of a client; may be empty
  std::vector<std::string> dns_names;     // subject alternative names; wildcards as they are
  std::vector<std::string> ip_addresses;  // the same, as addresses
  bool server = false;                    // extended key usage serverAuth
  bool client = false;                    // extended key usage clientAuth
  Duration validity = std::chrono::hours{24 * 365};
  Duration age = Duration::zero();  // how long ago it became valid; tests make expired ones with it
};

Result<KeyPair> make_authority(const std::string& common_name, Duration validity);

// A CA that is ready to issue. Reading its key costs several times what issuing does, hence once for many.
class CertificateIssuer {
 public:
  static Result<CertificateIssuer> make(const KeyPair& authority);

  [[nodiscard]] Result<KeyPair> issue(const CertificateRequest& request) const;

 private:
  struct Authority;
  explicit CertificateIssuer(std::shared_ptr<const Authority> authority) : authority_(std::move(authority)) {}

  std::shared_ptr<const Authority> authority_;
};

// The same for a single one.
Result<KeyPair> issue_certificate(const KeyPair& authority, const CertificateRequest& request);

}  // namespace meshdrill
