#include "probe/dns/vantage.hpp"

#include "probe/dns/system_servers.hpp"

#include <algorithm>

#include <fmt/format.h>
#include <fmt/ranges.h>

namespace meshdrill::probe {
namespace {

constexpr std::size_t most_server_names = 4;
constexpr std::size_t most_servers = 8;
constexpr int most_zone_steps = 12;  // names have more labels than that only in the reverse tree

asio::ip::udp::endpoint endpoint_of(const IpAddress& address, std::uint16_t port) {
  error_code ignored;
  return {asio::ip::make_address(to_string(address), ignored), port};
}

// Connecting a UDP socket sends nothing: it only looks for a route.
bool has_route(asio::io_context& context, const IpAddress& address) {
  const auto endpoint = endpoint_of(address, 53);
  UdpSocket socket{context};
  error_code error;
  socket.open(endpoint.protocol(), error);
  if (!error) socket.connect(endpoint, error);
  return !error;
}

std::vector<std::string> targets_of_ns(const std::vector<DnsRecord>& records, const std::string& zone) {
  std::vector<std::string> names;
  for (const DnsRecord& record : records) {
    const bool wanted = record.type == RecordType::ns && same_name(record.owner, zone);
    if (wanted && names.size() < most_server_names) names.push_back(record.name);
  }
  return names;
}

// The zone that a server named as the one that has nothing more to say, when that is above `name`.
std::string enclosing_zone(const DnsMessage& message, const std::string& name) {
  for (const DnsRecord& record : message.authority) {
    const bool above =
        name.size() > record.owner.size() + 1 &&
        same_name(std::string_view{name}.substr(name.size() - record.owner.size()), record.owner);
    if (record.type == RecordType::soa && above && !record.owner.empty()) return record.owner;
  }
  const auto dot = name.find('.');
  return dot == std::string::npos ? "" : name.substr(dot + 1);
}

// Where the chain of aliases of `host` ends.
Task<std::string> canonical_name(Resolver& resolver, std::string host) {
  std::string name = host;
  ServerReply reply = co_await resolver.ask(name, RecordType::a);
  read_addresses(*reply.message, host, reply.answer);
  if (!reply.answer.aliases.empty()) name = reply.answer.aliases.back();
  co_return name;
}

Task<> add_servers(Resolver& resolver, std::string name, std::uint16_t port, Vantage& vantage) {
  const auto executor = co_await asio::this_coro::executor;
  for (const RecordType type : {RecordType::a, RecordType::aaaa}) {
    std::string question = name;
    ServerReply reply = co_await resolver.ask(std::move(question), type);
    reply.answer.family = type == RecordType::a ? Family::ipv4 : Family::ipv6;
    if (reply.answer.result == DnsResult::ok) read_addresses(*reply.message, name, reply.answer);
    for (const AddressRecord& record : reply.answer.records) {
      const auto server = *parse_dns_server(fmt::format(
          fmt::runtime(type == RecordType::a ? "{}:{}" : "[{}]:{}"), to_string(record.address), port));
      const bool known =
          std::find(vantage.servers.begin(), vantage.servers.end(), server) != vantage.servers.end();
      if (!known && vantage.servers.size() < most_servers && has_route(executor.context(), record.address))
        vantage.servers.push_back(server);
    }
  }
}

}  // namespace

std::vector<Vantage> vantages_for(const ProbeConfig& config, const Target& target,
                                  const std::vector<std::string>& servers) {
  std::vector<Vantage> result;
  if (target.literal) return result;
  if (servers.size() > 1 && !config.side_by_side) {
    result.push_back(
        {fmt::format("{}", fmt::join(servers, ",")), VantageKind::servers, servers, target.host, ""});
  } else {
    for (const std::string& server : servers)
      result.push_back({server, VantageKind::server, {server}, target.host, ""});
  }
  if (servers.empty() || config.system_vantage)
    result.push_back({"system", VantageKind::system, {}, target.host, ""});
  return result;
}

Result<> fill_in(std::vector<Vantage>& vantages) {
  for (Vantage& vantage : vantages) {
    if (vantage.kind != VantageKind::system) continue;
    auto servers = system_dns_servers();
    if (!servers) return tl::unexpected(servers.error());
    vantage.servers = std::move(*servers);
  }
  return {};
}

Task<Result<Vantage>> find_authority(Resolver& resolver, std::string host, std::uint16_t port) {
  Vantage vantage{"authority", VantageKind::authority, {}, {}, {}};
  vantage.question = co_await canonical_name(resolver, host);
  vantage.zone = vantage.question;
  std::vector<std::string> names;
  for (int step = 0; step < most_zone_steps && !vantage.zone.empty(); ++step) {
    std::string zone = vantage.zone;
    const ServerReply reply = co_await resolver.ask(std::move(zone), RecordType::ns);
    names = targets_of_ns(reply.message->answer, vantage.zone);
    if (!names.empty()) break;
    vantage.zone = enclosing_zone(*reply.message, vantage.zone);
  }
  if (names.empty())
    co_return fail(fmt::format("authority: {} knows of no name server for {} or a zone above it",
                               resolver.vantage().name, vantage.question));
  for (const std::string& name : names) {
    co_await add_servers(resolver, name, port, vantage);
  }
  if (vantage.servers.empty())
    co_return fail(fmt::format("authority: the name servers of {} ({}) have no address that can be reached",
                               vantage.zone, fmt::join(names, ", ")));
  co_return vantage;
}

}  // namespace meshdrill::probe
