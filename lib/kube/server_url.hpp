#pragma once

#include "base/result.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace meshdrill::kube {

struct ServerUrl {
  bool tls = true;
  std::string host;  // IPv6 without brackets
  std::uint16_t port = 443;
  std::string path_prefix;  // without '/' at the end; query and fragment are dropped, as kubectl does
};

// The `server` of a kubeconfig. Without a scheme it is https when `expects_tls`, else http.
Result<ServerUrl> parse_server_url(std::string_view text, bool expects_tls);

}  // namespace meshdrill::kube
