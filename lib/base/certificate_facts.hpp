// Reads certificates: for whom they are, by whom, and until when.
#pragma once

#include "base/certificates.hpp"

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace meshdrill {

struct CertificateFacts {
  using Time = std::chrono::system_clock::time_point;

  std::string common_name;
  std::vector<std::string> dns_names;     // subject alternative names, as written
  std::vector<std::string> ip_addresses;  // the same, as addresses
  Time not_before;
  Time not_after;
  bool authority = false;    // may issue others
  bool self_issued = false;  // its issuer is its subject: a root rather than an intermediate
};

// Of the first certificate in PEM text.
Result<CertificateFacts> read_certificate(std::string_view pem);

// Whether the key is the one that the certificate was issued for.
bool key_fits(const KeyPair& pair);

// Whether the authority's key signed the certificate; says nothing of their validity in time. Both PEM.
bool signed_by(std::string_view certificate, std::string_view authority);

// A certificate with what belongs to it.
struct PairFacts {
  CertificateFacts certificate;
  bool key_fits = false;   // as key_fits() says
  bool signed_by = false;  // as signed_by() says of the authority
};

// Reads many pairs at the cost of one reading each: what OpenSSL takes longest for is to read keys, and the
// CA is mostly the one before.
class PairReader {
 public:
  PairReader();
  ~PairReader();
  PairReader(const PairReader&) = delete;
  PairReader& operator=(const PairReader&) = delete;

  // `authority` in PEM, as the pair is.
  Result<PairFacts> read(const KeyPair& pair, const std::string& authority);

 private:
  struct Authority;
  std::unique_ptr<Authority> last_;
};

}  // namespace meshdrill
