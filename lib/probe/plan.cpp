#include "probe/plan.hpp"

#include "base/files.hpp"
#include "probe/dns/vantage.hpp"

#include <algorithm>
#include <cmath>

#include <fmt/format.h>

namespace meshdrill::probe {
namespace {

Result<> check_numbers(const ProbeConfig& config) {
  for (const StreamKind kind : {StreamKind::pinned, StreamKind::following, StreamKind::browser}) {
    const double rate = rate_of(config, kind);
    if (!(rate > 0 && rate <= 1e6)) return fail("rate: must be more than 0 and at most 1,000,000 a second");
  }
  if (!(config.jitter >= 0 && config.jitter <= 0.5))
    return fail("jitter: must be from 0 to 0.5 of the period");
  if (config.jitter > 0 && config.arrivals == Arrivals::poisson)
    return fail("jitter: Poisson arrivals are random already; leave one of the two");
  const Duration delay = config.race.attempt_delay;
  if (delay < std::chrono::milliseconds{100} || delay > std::chrono::seconds{2})
    return fail("attempt delay: must be from 100ms to 2s (RFC 8305)");
  if (config.race.resolution_delay < Duration::zero()) return fail("resolution delay: must not be negative");
  const Timeouts& t = config.timeouts;
  for (const Duration timeout : {t.dns, t.connect, t.tls, t.first_byte, t.total}) {
    if (timeout < std::chrono::milliseconds{1}) return fail("timeout: must be at least 1ms");
  }
  return {};
}

Result<> check_streams(const ProbeConfig& config, const Target& target) {
  if (!config.fresh && !config.reused) return fail("connections: neither new nor reused ones were asked for");
  if (config.browser && target.literal)
    return fail("streams: a browser stream races the addresses of a name; the URL has an address");
  if (!config.browser && config.authority && target.literal)
    return fail("authority: the URL has an address, which is not looked up");
  if (config.pinned || (!target.literal && (config.following || config.browser))) return {};
  return fail(target.literal
                  ? "streams: an address cannot be followed through DNS, and pinned streams are off"
                  : "streams: neither pinned nor following ones were asked for");
}

// A few times the spread of a Poisson count of that mean.
double spread(double mean) {
  return 6 * std::sqrt(mean);
}

}  // namespace

double rate_of(const ProbeConfig& config, StreamKind kind) {
  const auto own = config.rates.find(kind);
  return own == config.rates.end() ? config.rate : own->second;
}

// With every request hanging until its time-out, rate × timeout are in flight; a quarter more for those a
// little late.
std::size_t in_flight_limit(const ProbeConfig& config, double rate) {
  if (config.max_in_flight != 0) return config.max_in_flight;
  double hanging = rate * std::chrono::duration<double>(config.timeouts.total).count();
  if (config.arrivals == Arrivals::poisson) hanging += spread(hanging);
  return static_cast<std::size_t>(std::ceil(hanging * 1.25)) + 8;
}

Schedule schedule_for(const ProbeConfig& config, StreamKind kind, Duration first, std::size_t number,
                      std::size_t count) {
  const double rate = rate_of(config, kind);
  if (config.arrivals == Arrivals::poisson) return Schedule::poisson(rate, first, number);
  return {rate, first + staggered_phase(rate, number, count), config.jitter, number};
}

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
  std::vector<std::string> servers;
  for (const std::string& text : config.dns_servers) {
    auto server = parse_dns_server(text);
    if (!server) return tl::unexpected(server.error());
    const bool twice = std::find(servers.begin(), servers.end(), *server) != servers.end();
    if (twice) return fail(fmt::format("dns server '{}': named twice", text));
    servers.push_back(std::move(*server));
  }
  auto vantages = vantages_for(config, *target, servers);
  return Plan{std::move(*target), std::move(*identifier), std::move(vantages)};
}

namespace {

// Numbers the streams and names them.
class Streams {
 public:
  explicit Streams(const ProbeConfig& config) : config_(config) {}

  // One for each kind of connection that is wanted.
  void add(std::string name, StreamKind kind, Family family, std::optional<IpAddress> address,
           const std::string& vantage) {
    for (const ConnectionKind connection : {ConnectionKind::fresh, ConnectionKind::reused}) {
      const bool wanted = connection == ConnectionKind::fresh ? config_.fresh : config_.reused;
      if (wanted) push({0, name, kind, connection, family, address, vantage});
    }
  }
  void push(Stream stream) {
    stream.id = static_cast<int>(streams.size());
    stream.name += fmt::format(" {}", to_string(stream.connection));
    streams.push_back(std::move(stream));
  }

  std::vector<Stream> streams;

 private:
  const ProbeConfig& config_;
};

}  // namespace

std::vector<Stream> streams_for(const ProbeConfig& config, const std::vector<Vantage>& vantages,
                                const std::vector<IpAddress>& addresses) {
  Streams streams{config};
  for (const IpAddress& address : addresses) {
    if (config.pinned) streams.add(to_string(address), StreamKind::pinned, address.family, address, "");
  }
  const auto has = [&](Family family) {
    return std::any_of(addresses.begin(), addresses.end(),
                       [family](const IpAddress& address) { return address.family == family; });
  };
  for (const Vantage& vantage : vantages) {
    const std::string of = vantages.size() > 1 ? " " + vantage.name : "";
    for (const Family family : {Family::ipv4, Family::ipv6}) {
      const std::string_view type = family == Family::ipv4 ? "A" : "AAAA";
      if (config.following && has(family))
        streams.add(fmt::format("DNS {}{}", type, of), StreamKind::following, family, std::nullopt,
                    vantage.name);
    }
    if (config.browser)
      streams.push({0, "browser" + of, StreamKind::browser, ConnectionKind::fresh, Family::ipv6, std::nullopt,
                    vantage.name});
  }
  return std::move(streams.streams);
}

}  // namespace meshdrill::probe
