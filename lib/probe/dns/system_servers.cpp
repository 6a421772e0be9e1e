#include "probe/dns/system_servers.hpp"

#include "base/ip_prefix.hpp"

#include <netinet/in.h>

#include <ares.h>
#include <fmt/format.h>

namespace meshdrill::probe {
namespace {

std::string text_of(const ares_addr_port_node& node) {
  IpAddress address{node.family == AF_INET ? Family::ipv4 : Family::ipv6, 0};
  const auto* bytes = reinterpret_cast<const unsigned char*>(&node.addr);
  const std::size_t length = node.family == AF_INET ? 4 : 16;
  for (std::size_t i = 0; i < length; ++i) address.value = address.value << 8 | bytes[i];
  const int port = node.udp_port == 0 ? 53 : node.udp_port;
  return address.family == Family::ipv4 ? fmt::format("{}:{}", to_string(address), port)
                                        : fmt::format("[{}]:{}", to_string(address), port);
}

}  // namespace

int start_cares() {
  static const int status = ares_library_init(ARES_LIB_INIT_ALL);
  return status;
}

Result<std::vector<std::string>> system_dns_servers() {
  ares_channel channel = nullptr;
  int status = start_cares();
  if (status == ARES_SUCCESS) status = ares_init(&channel);
  if (status != ARES_SUCCESS)
    return fail(fmt::format("cannot read the system's DNS servers: {}", ares_strerror(status)));
  std::vector<std::string> result;
  ares_addr_port_node* servers = nullptr;
  if (ares_get_servers_ports(channel, &servers) == ARES_SUCCESS) {
    for (const ares_addr_port_node* node = servers; node != nullptr; node = node->next)
      result.push_back(text_of(*node));
    ares_free_data(servers);
  }
  ares_destroy(channel);
  return result;
}

}  // namespace meshdrill::probe
