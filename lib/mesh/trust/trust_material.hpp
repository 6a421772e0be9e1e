// The certificates of a mesh, as they are rendered. Secret: whatever holds them is written with mode 0600,
// and neither printed nor compared in public. trust_files.hpp makes and reads them.
#pragma once

#include "base/certificates.hpp"

#include <chrono>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace meshdrill::mesh {

// What a cluster's peers present to it: its Secret, beside clustermesh-apiserver.
inline constexpr std::string_view remote_secret = "clustermesh-apiserver-remote-cert";

struct TrustMaterial {
  // A Secret of the clustermesh-apiserver that exists before the chart does.
  struct Secret {
    std::string name;  // "clustermesh-apiserver-server-cert"
    KeyPair pair;
  };
  // All of them of one cluster.
  struct Certificates {
    std::vector<Secret> secrets;
    std::string issued_for;                             // kept_certificates.hpp
    std::chrono::system_clock::time_point renew_after;  // when one has a third of its life left
    std::string kept_file;  // the file that holds them, when nothing of it changes; `secrets` is empty then
  };
  // What a peer presents to one cluster's clustermesh-apiserver, as that cluster issued it. PEM.
  struct Peer {
    KeyPair pair;
    std::string authority;
  };

  KeyPair authority;                                 // Trust::Mode::shared_ca
  std::map<std::string, Certificates> certificates;  // the same, issued here: by cluster
  std::map<std::string, Peer> peers;                 // Trust::Mode::inlined: by cluster, as far as known
};

}  // namespace meshdrill::mesh
