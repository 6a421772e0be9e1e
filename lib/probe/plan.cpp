#include "probe/plan.hpp"

#include "base/files.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace meshdrill::probe {
namespace {

Result<> check_numbers(const ProbeConfig& config) {
  if (!(config.rate > 0 && config.rate <= 1e6)) {
    return fail("rate: must be more than 0 and at most 1,000,000 a second");
  }
  if (!(config.jitter >= 0 && config.jitter <= 0.5))
    return fail("jitter: must be from 0 to 0.5 of the period");
  const Timeouts& t = config.timeouts;
  for (const Duration timeout : {t.dns, t.connect, t.tls, t.first_byte, t.total}) {
    if (timeout < std::chrono::milliseconds{1}) return fail("timeout: must be at least 1ms");
  }
  return {};
}

Result<> check_streams(const ProbeConfig& config, const Target& target) {
  if (!config.fresh && !config.reused) return fail("connections: neither new nor reused ones were asked for");
  if (config.pinned || (config.following && !target.literal)) return {};
  return fail(target.literal
                  ? "streams: an address cannot be followed through DNS, and pinned streams are off"
                  : "streams: neither pinned nor following ones were asked for");
}

// With every request hanging until its time-out, rate × timeout are in flight; a quarter more for those a
// little late.
std::size_t needed_in_flight(const ProbeConfig& config) {
  const double hanging = config.rate * std::chrono::duration<double>(config.timeouts.total).count();
  return static_cast<std::size_t>(std::ceil(hanging * 1.25)) + 8;
}

}  // namespace

Result<Plan> make_plan(const ProbeConfig& config) {
  auto target = parse_target(config.url);
  if (!target) return tl::unexpected(target.error());
  if (auto done = check_numbers(config); !done) return tl::unexpected(done.error());
  if (auto done = check_streams(config, *target); !done) return tl::unexpected(done.error());
  if (!config.ca_file.empty()) {
    if (auto text = read_file(config.ca_file); !text) return tl::unexpected(text.error());
  }
  auto identifier = Identifier::make(config.identify);
  if (!identifier) return tl::unexpected(identifier.error());
  Plan plan{std::move(*target), std::move(*identifier), {}, config.max_in_flight};
  if (plan.max_in_flight == 0) plan.max_in_flight = needed_in_flight(config);
  for (const std::string& text : config.dns_servers) {
    auto server = parse_dns_server(text);
    if (!server) return tl::unexpected(server.error());
    plan.dns_servers.push_back(std::move(*server));
  }
  return plan;
}

std::vector<Stream> streams_for(const ProbeConfig& config, const Target& target,
                                const std::vector<IpAddress>& addresses) {
  std::vector<Stream> streams;
  const auto add = [&](const std::string& name, StreamKind kind, Family family,
                       std::optional<IpAddress> address) {
    for (const ConnectionKind connection : {ConnectionKind::fresh, ConnectionKind::reused}) {
      const bool wanted = connection == ConnectionKind::fresh ? config.fresh : config.reused;
      if (!wanted) continue;
      const auto id = static_cast<int>(streams.size());
      streams.push_back(
          {id, fmt::format("{} {}", name, to_string(connection)), kind, connection, family, address});
    }
  };
  if (config.pinned) {
    for (const IpAddress& address : addresses) {
      add(to_string(address), StreamKind::pinned, address.family, address);
    }
  }
  for (const Family family : {Family::ipv4, Family::ipv6}) {
    const bool has = std::any_of(addresses.begin(), addresses.end(),
                                 [&](const IpAddress& address) { return address.family == family; });
    if (!has || !config.following || target.literal) continue;
    add(family == Family::ipv4 ? "DNS A" : "DNS AAAA", StreamKind::following, family, std::nullopt);
  }
  return streams;
}

}  // namespace meshdrill::probe
