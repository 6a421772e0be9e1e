#pragma once

#include "base/async.hpp"
#include "base/result.hpp"
#include "kube/connection.hpp"

#include <string>

namespace meshdrill::kube {

// Whether it may stand in a header: nothing that could end it, and no blanks.
bool is_header_text(const std::string& text);

// The token of a connection, as it is now. Bound service-account tokens rotate: one that was read once would
// fail a long drill just when it restores.
class BearerToken {
 public:
  explicit BearerToken(const Connection& connection);

  // "" when the connection has none, or is plain http. A token file is read again when the last reading is a
  // minute old; when that fails, the token that we have goes on being used.
  Result<std::string> current();

  // Reads the token file now. Whether there is another token than `refused`.
  bool refresh(const std::string& refused);

 private:
  Result<> read();

  std::string file_;
  std::string token_;
  Clock::time_point read_at_;
};

}  // namespace meshdrill::kube
