#include "probe/dns/known_messages.hpp"

#include <algorithm>
#include <utility>

namespace meshdrill::probe {
namespace {

constexpr std::size_t id_size = 2;  // c-ares has compared it

bool same_but_for_id(std::span<const unsigned char> a, std::span<const unsigned char> b) {
  return a.size() == b.size() && a.size() > id_size &&
         std::equal(a.begin() + id_size, a.end(), b.begin() + id_size);
}

}  // namespace

Result<std::shared_ptr<const DnsMessage>> KnownMessages::read(std::span<const unsigned char> bytes) {
  for (const Known& known : known_) {
    if (same_but_for_id(known.bytes, bytes)) return known.message;
  }
  auto parsed = parse_dns_message(bytes);
  if (!parsed) return tl::unexpected(parsed.error());
  Known& place = known_[std::exchange(oldest_, (oldest_ + 1) % known_.size())];
  place.bytes.assign(bytes.begin(), bytes.end());
  place.message = std::make_shared<const DnsMessage>(std::move(*parsed));
  return place.message;
}

}  // namespace meshdrill::probe
