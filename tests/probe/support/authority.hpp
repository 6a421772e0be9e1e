// Certificates for the servers and the clients of a test, and the authority behind them.
#pragma once

#include "base/certificates.hpp"
#include "support/test_folder.hpp"

#include <string>

namespace meshdrill::probe::testing {

struct Authority {
  // For a server of this name or address, made `age` ago; valid for a day from then on.
  [[nodiscard]] KeyPair issue(const std::string& name, Duration age = {}) const;
  [[nodiscard]] KeyPair issue_client() const;

  TestFolder folder;
  KeyPair keys = make_authority("test authority", std::chrono::hours{24}).value();
  std::string file = folder.write("ca.pem", keys.certificate);  // its certificate
};

}  // namespace meshdrill::probe::testing
