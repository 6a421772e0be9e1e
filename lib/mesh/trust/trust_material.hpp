// The certificates of a mesh, as they are rendered. Secret: whatever holds them is written with mode 0600,
// and neither printed nor compared in public. trust_files.hpp makes and reads them.
#pragma once

#include "base/certificates.hpp"

#include <map>
#include <string>
#include <vector>

namespace meshdrill::mesh {

struct TrustMaterial {
  // A Secret of the clustermesh-apiserver that exists before the chart does.
  struct Secret {
    std::string name;  // "clustermesh-apiserver-server-cert"
    KeyPair pair;
  };
  // What a peer presents to one cluster's clustermesh-apiserver, as that cluster issued it. PEM.
  struct Peer {
    KeyPair pair;
    std::string authority;
  };

  KeyPair authority;                                   // Trust::Mode::shared_ca
  std::map<std::string, std::vector<Secret>> secrets;  // the same, issued here: by cluster
  std::map<std::string, Peer> peers;                   // Trust::Mode::inlined: by cluster, as far as known
};

}  // namespace meshdrill::mesh
