#include "lab/net/address_block.hpp"

namespace meshdrill::lab {
namespace {

constexpr unsigned first_block = 64;
constexpr unsigned last_block = 127;
constexpr std::uint16_t guard_port = 26464;

asio::ip::address_v4 address_in(unsigned block, unsigned third, unsigned fourth) {
  return asio::ip::address_v4(127U << 24 | block << 16 | third << 8 | fourth);
}

}  // namespace

Result<AddressBlock> AddressBlock::claim(Executor executor) {
  error_code ec;
  for (unsigned block = first_block; block <= last_block; ++block) {
    TcpAcceptor guard(executor);
    guard.open(asio::ip::tcp::v4(), ec);
    if (ec) break;
    guard.bind({address_in(block, 0, 1), guard_port}, ec);
    if (!ec) return AddressBlock(std::move(guard), block);
  }
  return fail("no free block of loopback addresses from 127.64.0.0/16 to 127.127.0.0/16 for the lab: " +
              ec.message());
}

asio::ip::address_v4 AddressBlock::at(int third, int fourth) const {
  return address_in(block_, static_cast<unsigned>(third), static_cast<unsigned>(fourth));
}

}  // namespace meshdrill::lab
