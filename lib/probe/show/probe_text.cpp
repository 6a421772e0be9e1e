#include "base/text.hpp"
#include "base/text_table.hpp"
#include "probe/show/matrix.hpp"
#include "probe/show/probe_report.hpp"
#include "probe/show/terms.hpp"
#include "probe/show/verdict_text.hpp"

#include <algorithm>
#include <map>

#include <fmt/format.h>

namespace meshdrill::probe {
namespace {

using std::chrono::microseconds;

std::string head(const ProbeReport& report) {
  const ProbeConfig& config = report.config;
  const Timeouts& t = config.timeouts;
  std::string text = fmt::format("{}\n", config.url);
  if (config.tls.insecure)
    text += "  INSECURE: no certificate was checked, so whoever answered may be anybody\n";
  const std::string speed = config.closed_loop > 0 ? fmt::format("{} in flight each", config.closed_loop)
                                                   : fmt::format("{:g}/s each", config.rate);
  return text + fmt::format("  {} at {}, {}; timeouts: dns {}, connect {}, tls {}, first byte {}, total {}\n",
                            plural(report.run.streams.size(), "stream"), speed,
                            show_seconds(report.summary.upto()), format_duration(t.dns),
                            format_duration(t.connect), format_duration(t.tls), format_duration(t.first_byte),
                            format_duration(t.total));
}

std::string describe_finding(const DnsFinding& finding) {
  const std::string address = to_string(finding.address);
  const std::string at = show_seconds(finding.at);
  switch (finding.change) {
    case DnsChange::not_in_dns:
      return fmt::format("  WARNING: {} is probed, but {} does not give it: users do not get there\n",
                         address, finding.server);
    case DnsChange::not_pinned:
      return fmt::format("  WARNING: {} gives {}, which has no stream of its own\n", finding.server, address);
    case DnsChange::appeared:
      return fmt::format("  {} came into the answer of {} at {}\n", address, finding.server, at);
    case DnsChange::disappeared:
      return fmt::format("  {} left the answer of {} at {}\n", address, finding.server, at);
    case DnsChange::not_here:
      break;
  }
  return fmt::format("  WARNING: {} does not give {}, another server does\n", finding.server, address);
}

std::string dns_section(const ProbeReport& report) {
  std::string text;
  for (const auto& [key, lookup] : report.summary.lookups()) {
    const DnsAnswer& last = lookup.last;
    std::uint64_t total = 0;
    for (const auto& [result, count] : lookup.results) total += count;
    text += fmt::format("  {} {} from {}: {}", key.family == Family::ipv4 ? "A" : "AAAA", last.name,
                        last.server, plural(total, "lookup"));
    for (const auto& [result, count] : lookup.results) {
      if (result != DnsResult::ok) text += fmt::format(", {} × {}", count, to_string(result));
    }
    text += fmt::format("; p50 {}\n", show_latency(lookup.took.quantile(0.5)));
    for (const std::string& alias : last.aliases) text += fmt::format("    by way of {}\n", printable(alias));
    for (const AddressRecord& record : last.records) {
      const auto first = lookup.first.find(record.address);
      const std::uint64_t times = first == lookup.first.end() ? 0 : first->second;
      text += fmt::format("    {}  TTL {} s, came first {} of {}\n", to_string(record.address),
                          record.ttl.count(), times, total);
    }
  }
  for (const DnsFinding& finding : report.summary.findings()) text += describe_finding(finding);
  return text.empty() ? text : "\nDNS\n" + text;
}

std::string matrix_section(const ProbeReport& report) {
  return "\nWho answered, by the address that was asked\n" +
         matrix_text(report.summary.tally(), report.clusters, "address");
}

std::string outcome_section(const ProbeReport& report) {
  const Cell all = report.summary.tally().sum();
  TextTable table;
  for (std::size_t i = 0; i < outcome_count; ++i) {
    if (all.outcomes[i] == 0) continue;
    const auto outcome = static_cast<Outcome>(i);
    std::vector<std::string> row{std::string{describe(outcome)}, std::string{to_string(outcome)},
                                 fmt::format("{}", all.outcomes[i]),
                                 show_percent(share_of(all.outcomes[i], all.total()))};
    if (outcome == Outcome::http_status) row.push_back(to_string(all.statuses));
    table.row(std::move(row));
  }
  return fmt::format("\nHow {} ended\n{}", plural(all.total(), "request"), table.text());
}

void append_quantiles(std::vector<std::string>& row, const Histogram& times) {
  if (times.count() == 0) {
    row.insert(row.end(), 4, "-");
    return;
  }
  for (const double part : {0.5, 0.9, 0.99}) row.push_back(show_latency(times.quantile(part)));
  row.push_back(show_latency(times.max()));
}

std::string latency_section(const ProbeReport& report) {
  TextTable table;
  table.row({"stream", "answered", "p50", "p90", "p99", "max"});
  for (const StreamSummary& stream : report.streams) {
    std::vector<std::string> row{stream.stream.name,
                                 fmt::format("{} of {}", stream.latency().count(), stream.planned())};
    append_quantiles(row, stream.latency());
    table.row(std::move(row));
  }
  return "\nLatency of answered requests, from the planned start\n" + table.text();
}

// Where the time of all streams together went.
std::string phase_section(const ProbeReport& report) {
  const Cell all = report.summary.tally().sum();
  TextTable table;
  table.row({"phase", "requests", "p50", "p90", "p99", "max"});
  for (const PhaseName phase : {PhaseName::dns, PhaseName::connect, PhaseName::tls, PhaseName::first_byte}) {
    const Histogram& times = all.times.of(phase);
    if (times.count() == 0) continue;
    std::vector<std::string> row{std::string{to_string(phase)}, fmt::format("{}", times.count())};
    append_quantiles(row, times);
    table.row(std::move(row));
  }
  return all.ok() == 0 ? "" : "\nWhere their time went\n" + table.text();
}

std::string prober_section(const ProbeReport& report) {
  const Histogram& late = report.summary.lateness();
  std::string text = fmt::format("\nThe prober itself: requests started late by p99 {}, at most {}",
                                 show_latency(late.quantile(0.99)), show_latency(late.max()));
  const StallSummary& stalls = report.summary.stalls();
  if (stalls.count > 0) {
    text += fmt::format("; held up {}, {} in all, {} at most", plural(stalls.count, "time"),
                        show_latency(stalls.total), show_latency(stalls.longest));
  }
  return text + "\n";
}

}  // namespace

std::string to_text(const ProbeReport& report) {
  return head(report) + dns_section(report) + matrix_section(report) + outcome_section(report) +
         latency_section(report) + phase_section(report) + outage_section(report) + budget_section(report) +
         balance_section(report) + condition_section(report) + prober_section(report);
}

}  // namespace meshdrill::probe
