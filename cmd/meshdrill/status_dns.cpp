#include "status_dns.hpp"

#include "probe/dns/resolver.hpp"
#include "probe/dns/vantage.hpp"
#include "status/ways_in.hpp"

#include <algorithm>
#include <exception>
#include <set>

#include <boost/asio/co_spawn.hpp>
#include <fmt/format.h>

namespace meshdrill::cli {
namespace {

using status::DnsView;

std::set<std::string> shared_hosts(const std::vector<status::LiveCluster>& clusters) {
  std::set<std::string> hosts;
  for (const auto& cluster : clusters) {
    for (const auto& way : cluster.ways_in) {
      const bool plain = !way.host.empty() && way.host.find('*') == std::string::npos;
      if (plain && status::is_shared(clusters, way)) hosts.insert(way.host);
    }
  }
  return hosts;
}

// Both address families as one view.
Task<DnsView> ask(probe::Resolver& resolver, std::string host, std::string by) {
  DnsView view;
  view.host = std::move(host);
  view.by = std::move(by);
  bool answered = false;
  for (const Family family : {Family::ipv4, Family::ipv6}) {
    const probe::DnsAnswer answer = co_await resolver.resolve(family);
    const bool none = answer.result == probe::DnsResult::empty;
    view.authority = view.authority || answer.authoritative;
    if (answer.result == probe::DnsResult::ok || none) {
      answered = true;
      for (const probe::AddressRecord& record : answer.records) view.addresses.push_back(record.address);
    } else if (view.problem.empty()) {
      view.problem = fmt::format("{}{}{}", probe::to_string(answer.result), answer.detail.empty() ? "" : ": ",
                                 answer.detail);
    }
  }
  // A server that gives one family and fails the other has said enough.
  if (answered) view.problem.clear();
  co_return view;
}

DnsView failed(const std::string& host, std::string by, std::string problem) {
  DnsView view;
  view.host = host;
  view.by = std::move(by);
  view.problem = std::move(problem);
  return view;
}

// The name's own servers first: they are what the ingresses are held against.
Task<> look_up(asio::io_context& io, std::string host, StatusDnsOptions options,
               std::vector<DnsView>& views) {
  std::vector<probe::Vantage> vantages(1);
  probe::Vantage& vantage = vantages.front();
  vantage.kind = options.servers.empty() ? probe::VantageKind::system : probe::VantageKind::servers;
  vantage.name = options.servers.empty() ? "the system's resolver" : "the given servers";
  vantage.servers = options.servers;
  vantage.question = host;
  const std::string by = vantage.name;
  auto filled = probe::fill_in(vantages);
  if (!filled) {
    views.push_back(failed(host, by, filled.error().message));
    co_return;
  }
  auto resolver = probe::Resolver::make(io, vantages.front(), options.timeout);
  if (!resolver) {
    views.push_back(failed(host, by, resolver.error().message));
    co_return;
  }
  DnsView view = co_await ask(*resolver, host, by);
  if (!view.authority) {
    Result<probe::Vantage> authority =
        co_await probe::find_authority(*resolver, host, options.authority_port);
    const std::string own_servers = "the name's own servers";
    Result<probe::Resolver> asked = tl::unexpected(Error{});
    if (authority) {
      asked = probe::Resolver::make(io, std::move(*authority), options.timeout);
    } else {
      asked = tl::unexpected(authority.error());
    }
    if (asked) {
      DnsView own = co_await ask(*asked, host, own_servers);
      own.authority = true;
      views.push_back(std::move(own));
    } else if (view.problem.empty()) {
      views.push_back(failed(host, own_servers, asked.error().message));
    }
  }
  views.push_back(std::move(view));
}

}  // namespace

std::vector<DnsView> look_up_hosts(const std::vector<status::LiveCluster>& clusters,
                                   const StatusDnsOptions& options) {
  std::vector<DnsView> all;
  if (!options.ask) return all;
  asio::io_context io{1};
  const std::set<std::string> hosts = shared_hosts(clusters);
  std::vector<std::vector<DnsView>> views(hosts.size());
  std::exception_ptr broken;
  std::size_t index = 0;
  for (const std::string& host : hosts) {
    asio::co_spawn(io, look_up(io, host, options, views[index++]),
                   [&broken](const std::exception_ptr& error) {
                     if (error) broken = error;
                   });
  }
  io.run();
  if (broken) std::rethrow_exception(broken);
  for (auto& some : views) {
    all.insert(all.end(), some.begin(), some.end());
  }
  return all;
}

}  // namespace meshdrill::cli
