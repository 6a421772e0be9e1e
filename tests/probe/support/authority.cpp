#include "probe/support/authority.hpp"

#include "base/ip_prefix.hpp"

namespace meshdrill::probe::testing {

KeyPair Authority::issue(const std::string& name, Duration age) const {
  CertificateRequest request;
  request.common_name = name;
  (parse_ip(name) ? request.ip_addresses : request.dns_names) = {name};
  request.server = true;
  request.validity = std::chrono::hours{24};
  request.age = age;
  return issue_certificate(keys, request).value();
}

KeyPair Authority::issue_client() const {
  CertificateRequest request;
  request.common_name = "prober";
  request.client = true;
  request.validity = std::chrono::hours{24};
  return issue_certificate(keys, request).value();
}

}  // namespace meshdrill::probe::testing
