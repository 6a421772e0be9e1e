#include "probe/probe_report.hpp"

#include "base/text.hpp"
#include "base/text_table.hpp"
#include "probe/matrix.hpp"

#include <algorithm>
#include <map>

#include <fmt/format.h>

namespace meshdrill::probe {
namespace {

using std::chrono::microseconds;

// Over the cells that `wanted(key)` accepts: which of the clusters answered, counted in connections.
template <class Predicate>
BalanceVerdict judge(const ProbeReport& report, const BalanceRule& rule, Predicate wanted) {
  std::vector<ClusterCount> counts;
  for (const std::string& cluster : report.clusters) {
    const Cell cell =
        report.summary.tally().sum([&](const CellKey& key) { return key.cluster == cluster && wanted(key); });
    counts.push_back({cluster, cell.connections, 1});
  }
  return judge_balance(counts, rule);
}

// Which of the addresses in the latest answer came first, over all answers.
std::optional<BalanceVerdict> judge_order(const LookupSummary& lookup, const BalanceRule& rule) {
  std::map<IpAddress, std::uint64_t> times = lookup.first;
  for (const AddressRecord& record : lookup.last.records) times.try_emplace(record.address, 0);
  if (times.size() < 2) return std::nullopt;
  std::vector<ClusterCount> counts;
  for (const auto& [address, count] : times) counts.push_back({to_string(address), count, 1});
  return judge_balance(counts, rule);
}

// "1.23 ms": three digits are all that anybody reads of a latency.
std::string show(microseconds time) {
  const double us = static_cast<double>(time.count());
  if (us < 1000) return fmt::format("{:.0f} µs", us);
  if (us < 1e6) return fmt::format("{:.3g} ms", us / 1e3);
  return fmt::format("{:.3g} s", us / 1e6);
}

// Times on the run's own time line and lengths of outages, to the millisecond.
std::string seconds(microseconds time) {
  return fmt::format("{:.3f} s", static_cast<double>(time.count()) / 1e6);
}

std::string percent(double part) {
  return fmt::format("{:.1f} %", 100 * part);
}

double share(std::uint64_t part, std::uint64_t whole) {
  return whole == 0 ? 0 : static_cast<double>(part) / static_cast<double>(whole);
}

std::string head(const ProbeReport& report) {
  const ProbeConfig& config = report.config;
  const Timeouts& t = config.timeouts;
  return fmt::format(
      "{}\n  {} at {:g}/s each, {}; timeouts: dns {}, connect {}, tls {}, first byte {}, total {}\n",
      config.url, plural(report.run.streams.size(), "stream"), config.rate, seconds(report.summary.upto()),
      format_duration(t.dns), format_duration(t.connect), format_duration(t.tls),
      format_duration(t.first_byte), format_duration(t.total));
}

std::string dns_section(const ProbeReport& report) {
  std::string text;
  for (const auto& [family, lookup] : report.summary.lookups()) {
    const DnsAnswer& last = lookup.last;
    std::uint64_t total = 0;
    for (const auto& [result, count] : lookup.results) total += count;
    text += fmt::format("  {} {} from {}: {}", family == Family::ipv4 ? "A" : "AAAA", last.name, last.server,
                        plural(total, "lookup"));
    for (const auto& [result, count] : lookup.results) {
      if (result != DnsResult::ok) text += fmt::format(", {} × {}", count, to_string(result));
    }
    text += fmt::format("; p50 {}\n", show(lookup.took.quantile(0.5)));
    for (const std::string& alias : last.aliases) text += fmt::format("    by way of {}\n", printable(alias));
    for (const AddressRecord& record : last.records) {
      const auto first = lookup.first.find(record.address);
      const std::uint64_t times = first == lookup.first.end() ? 0 : first->second;
      text += fmt::format("    {}  TTL {} s, came first {} of {}\n", to_string(record.address),
                          record.ttl.count(), times, total);
    }
  }
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
    table.row({std::string{describe(outcome)}, std::string{to_string(outcome)},
               fmt::format("{}", all.outcomes[i]), percent(share(all.outcomes[i], all.total()))});
  }
  return fmt::format("\nHow {} ended\n{}", plural(all.total(), "request"), table.text());
}

std::string latency_section(const ProbeReport& report) {
  TextTable table;
  table.row({"stream", "answered", "p50", "p90", "p99", "max"});
  for (const StreamSummary& stream : report.summary.streams()) {
    const Histogram& latency = stream.latency;
    if (latency.count() == 0) {
      table.row({stream.stream.name, fmt::format("0 of {}", stream.planned()), "-", "-", "-", "-"});
      continue;
    }
    table.row({stream.stream.name, fmt::format("{} of {}", latency.count(), stream.planned()),
               show(latency.quantile(0.5)), show(latency.quantile(0.9)), show(latency.quantile(0.99)),
               show(latency.max())});
  }
  return "\nLatency of answered requests, from the planned start\n" + table.text();
}

std::string show(const Bounds& bounds) {
  if (!bounds.upper) return fmt::format("at least {}", seconds(bounds.lower));
  return fmt::format("{:.3f} to {}", static_cast<double>(bounds.lower.count()) / 1e6, seconds(*bounds.upper));
}

std::string describe_outage(const Outage& outage) {
  std::string text = fmt::format("{} of {}", to_string(outage.kind), show(outage.bounds()));
  text += outage.last_good ? fmt::format(" from {}", seconds(outage.first_bad)) : " from the beginning";
  if (outage.open()) text += ", still open at the end";
  text += fmt::format(": {} failed", outage.failed);
  if (outage.slow > 0) text += fmt::format(", {} slow", outage.slow);
  if (outage.good > 0) text += fmt::format(", {} good in between", outage.good);
  if (outage.runs > 1)
    text += fmt::format("; {} times, longest blackout {}", outage.runs, show(outage.longest_blackout));
  for (std::size_t i = 0; i < outcome_count; ++i) {
    if (outage.reasons[i] == 0) continue;
    text += fmt::format("\n      {} × {}", outage.reasons[i], describe(static_cast<Outcome>(i)));
  }
  if (outage.blind) text += "\n      wider than it need be: the prober itself was held up at its edge";
  return text;
}

std::string outage_section(const ProbeReport& report) {
  std::string text;
  for (const StreamSummary& stream : report.summary.streams()) {
    for (const Outage& outage : stream.outages) {
      text += fmt::format("  {}: {}\n", stream.stream.name, describe_outage(outage));
    }
  }
  return text.empty() ? "\nOutages: none\n"
                      : "\nOutages (the true length of a blackout lies in its interval)\n" + text;
}

std::string describe_balance(std::string_view what, std::string_view unit, const BalanceVerdict& balance) {
  std::string text =
      fmt::format("  {}: {}, from {}", what, describe(balance.verdict), plural(balance.connections, unit));
  if (balance.verdict == Balance::not_enough_data) {
    text += fmt::format("; about {} would do if it is balanced", balance.connections_needed);
  }
  text += fmt::format(" (G-test p = {:.3g}, largest deviation {:.1f} points)\n", balance.p_value,
                      100 * balance.largest_deviation);
  for (const ClusterShare& item : balance.shares) {
    text += fmt::format("    {}  {}, truly {} to {}; expected {}\n", item.cluster, percent(item.observed),
                        percent(item.low), percent(item.high), percent(item.expected));
  }
  return text;
}

std::string balance_section(const ProbeReport& report, const BalanceRule& rule) {
  std::string text;
  for (const auto& [family, balance] : report.dns_order) {
    const auto what = fmt::format("{} records, which comes first", family == Family::ipv4 ? "A" : "AAAA");
    text += describe_balance(what, "lookup", balance);
  }
  for (const auto& [address, balance] : report.behind) {
    text += describe_balance("behind " + to_string(address), "connection", balance);
  }
  if (report.following_dns) text += describe_balance("following DNS", "connection", *report.following_dns);
  if (text.empty()) return text;
  return fmt::format("\nBalance (within {:g} points of an equal share, {:g} % confidence)\n{}",
                     100 * rule.tolerance, 100 * rule.confidence, text);
}

std::string prober_section(const ProbeReport& report) {
  const Histogram& late = report.summary.lateness();
  std::string text = fmt::format("\nThe prober itself: requests started late by p99 {}, at most {}",
                                 show(late.quantile(0.99)), show(late.max()));
  microseconds stalled{};
  for (const Stall& stall : report.summary.stalls()) stalled += stall.end - stall.start;
  if (stalled > microseconds::zero()) {
    text +=
        fmt::format("; held up {}, {} in all", plural(report.summary.stalls().size(), "time"), show(stalled));
  }
  return text + "\n";
}

}  // namespace

ProbeReport conclude(ProbeConfig config, Run run, Summary summary, const BalanceRule& rule) {
  ProbeReport report{std::move(config), std::move(run), std::move(summary), {}, rule, {}, {}, {}};
  report.clusters = report.config.identify.clusters;
  if (report.clusters.empty()) {
    const auto answered = report.summary.tally().clusters();
    report.clusters.assign(answered.begin(), answered.end());
  }
  for (const auto& [family, lookup] : report.summary.lookups()) {
    if (auto balance = judge_order(lookup, rule)) report.dns_order.emplace(family, std::move(*balance));
  }
  if (report.clusters.size() < 2) return report;
  bool follows = false;
  for (const Stream& stream : report.run.streams) {
    follows = follows || stream.kind == StreamKind::following;
    if (!stream.address) continue;
    report.behind.insert_or_assign(*stream.address, judge(report, rule, [&](const CellKey& key) {
      return key.kind == StreamKind::pinned && key.address == stream.address;
    }));
  }
  if (follows) {
    report.following_dns =
        judge(report, rule, [](const CellKey& key) { return key.kind == StreamKind::following; });
  }
  return report;
}

ProbeResult result_of(const ProbeReport& report) {
  const Cell all = report.summary.tally().sum();
  std::uint64_t evidence = 0;
  for (std::size_t i = 0; i < outcome_count; ++i) {
    if (is_evidence(static_cast<Outcome>(i))) evidence += all.outcomes[i];
  }
  if (evidence == 0) return ProbeResult::not_measured;
  // A request that was cut short by the user is no failure; one that we could not send leaves a hole, and is.
  const std::uint64_t cancelled = all.outcomes[static_cast<std::size_t>(Outcome::cancelled)];
  return all.ok() + cancelled == all.total() ? ProbeResult::passed : ProbeResult::failed;
}

std::string to_text(const ProbeReport& report) {
  return head(report) + dns_section(report) + matrix_section(report) + outcome_section(report) +
         latency_section(report) + outage_section(report) + balance_section(report, report.rule) +
         prober_section(report);
}

}  // namespace meshdrill::probe
