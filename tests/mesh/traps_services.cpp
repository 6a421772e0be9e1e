#include "traps.hpp"

namespace meshdrill::mesh {
namespace {

std::string service(const std::string& keys) {
  return "services: [{name: api, sample: false, " + keys + "}]\n";
}

const std::string one_port = "ports: [{name: http, port: 80}]";

std::string ingress(const std::string& keys) {
  return service(one_port) + "ingress: {host: api.example.org, " + keys + "}\n";
}

// What an ingress needs besides, so that nothing else is said.
TrapMesh behind(const std::string& keys, const std::string& cilium) {
  return {.cilium = cilium,
          .a = "ingress: [198.51.100.1]",
          .b = "ingress: [198.51.100.2]",
          .rest = ingress(keys)};
}

}  // namespace

std::vector<Trap> service_traps() {
  const std::string plain = "version: 1.18.0";
  return {
      {"affinity none drops remote backends",
       {.rest = service(one_port)},
       {.rest = service(one_port + ", affinity: none")},
       "makes some Cilium versions drop all remote backends"},
      {"an affinity that does not exist",
       {.rest = service(one_port + ", affinity: local")},
       {.rest = service(one_port + ", affinity: nearest")},
       "expected one of local, remote"},
      {"ports without names cannot be matched",
       {.rest = service("ports: [{name: x, port: 80}, {name: y, port: 81}]")},
       {.rest = service("ports: [{port: 80}, {port: 81}]")},
       "each of several ports needs a name"},
      {"two ports to one target before 1.20",
       {.cilium = "version: 1.20.0",
        .rest = service("ports: [{name: x, port: 80}, {name: y, port: 81, targetPort: 80}]")},
       {.cilium = "version: 1.19.6",
        .rest = service("ports: [{name: x, port: 80}, {name: y, port: 81, targetPort: 80}]")},
       "then loses remote backends",
       Severity::warning},
      {"one Service twice",
       {.rest = service(one_port)},
       {.rest = "services: [{name: api, sample: false, ports: [{port: 80}]}, {name: api, sample: false, "
                "ports: [{port: 80}]}]\n"},
       "a second one is called default/api"},
      {"an ingress without a Service",
       behind("port: 80", plain),
       {.a = "ingress: [198.51.100.1]",
        .b = "ingress: [198.51.100.2]",
        .rest = "ingress: {host: api.example.org}\n"},
       "there is no Service that it could lead to"},
      {"an ingress without addresses",
       behind("port: 80", plain),
       {.rest = ingress("port: 80")},
       "a names no address",
       Severity::warning},
      {"one ingress address for two clusters",
       behind("port: 80", plain),
       {.a = "ingress: [198.51.100.1]", .b = "ingress: [198.51.100.1]", .rest = ingress("port: 80")},
       "198.51.100.1 is named twice"},
  };
}

}  // namespace meshdrill::mesh
