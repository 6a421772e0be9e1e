#include "base/text.hpp"
#include "base/text_table.hpp"
#include "probe/show/matrix.hpp"
#include "probe/show/probe_report.hpp"
#include "probe/show/terms.hpp"

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
    table.row({std::string{describe(outcome)}, std::string{to_string(outcome)},
               fmt::format("{}", all.outcomes[i]), show_percent(share_of(all.outcomes[i], all.total()))});
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

std::string describe_outage(const Outage& outage) {
  std::string text = fmt::format("{} of {}", to_string(outage.kind), show_bounds(outage.bounds()));
  text += outage.last_good ? fmt::format(" from {}", show_seconds(outage.first_bad)) : " from the beginning";
  if (outage.open()) text += ", still open at the end";
  text += fmt::format(": {} failed", outage.failed);
  if (outage.slow > 0) text += fmt::format(", {} slow", outage.slow);
  if (outage.good > 0) text += fmt::format(", {} good in between", outage.good);
  if (outage.runs > 1) {
    text += fmt::format("; it alternated {} times, longest blackout {}", outage.alternations(),
                        show_bounds(outage.longest_blackout));
  }
  if (outage.kind == OutageKind::brownout) {
    const auto upper = outage.confident_upper();
    text +=
        upper
            ? fmt::format("\n      the fault itself lasted at most {} (95 %, if requests fail independently)",
                          show_seconds(*upper))
            : std::string{"\n      how long the fault itself lasted cannot be told from so few failures"};
  }
  for (std::size_t i = 0; i < outcome_count; ++i) {
    if (outage.reasons[i] == 0) continue;
    text += fmt::format("\n      {} × {}", outage.reasons[i], describe(static_cast<Outcome>(i)));
  }
  if (outage.blind) text += "\n      wider than it need be: the prober itself was held up at its edge";
  return text;
}

// When the DNS answer stopped to have the address of a stream that was failing.
std::string describe_withdrawal(const ProbeReport& report, const Stream& stream, const Outage& outage) {
  for (const DnsFinding& finding : report.summary.findings()) {
    const bool its = finding.change == DnsChange::disappeared && finding.address == stream.address;
    if (!its || finding.at < outage.first_bad || finding.at > outage.next_good.value_or(Offset::max()))
      continue;
    return fmt::format("      DNS ({}) dropped the address {} after the first failure\n", finding.vantage,
                       show_seconds(finding.at - outage.first_bad));
  }
  return {};
}

std::string outage_section(const ProbeReport& report) {
  std::string text;
  for (const StreamSummary& stream : report.streams) {
    for (const Outage& outage : stream.outages) {
      text += fmt::format("  {}: {}\n", stream.stream.name, describe_outage(outage));
      text += describe_withdrawal(report, stream.stream, outage);
    }
    if (stream.outages_dropped > 0) {
      text += fmt::format("  {}: {} more, shorter ones\n", stream.stream.name, stream.outages_dropped);
    }
    if (stream.syn_retransmits > 0) {
      text += fmt::format("  {}: {} connected only after a lost SYN was repeated\n", stream.stream.name,
                          plural(stream.syn_retransmits, "request"));
    }
    if (stream.rescued > 0) {
      text += fmt::format("  {}: racing saved {} from a bad first address\n", stream.stream.name,
                          plural(stream.rescued, "request"));
    }
  }
  if (text.empty()) return "\nOutages: none\n";
  return "\nOutages (the true length of a blackout lies in its interval)\n" + text;
}

// "3 of 1200 requests failed, 0.25 % of the budget's base": what each stream would be charged with.
std::string budget_section(const ProbeReport& report) {
  TextTable table;
  for (const StreamSummary& stream : report.streams) {
    const std::uint64_t failed = stream.evidence() - stream.count(Outcome::ok);
    if (failed == 0) continue;
    table.row({stream.stream.name, fmt::format("{} of {} failed", failed, stream.evidence()),
               show_percent(stream.failed_share())});
  }
  const std::string text = table.text();
  return text.empty() ? text : "\nError budget spent\n" + text;
}

std::string describe_balance(std::string_view what, std::string_view unit, const BalanceVerdict& balance) {
  std::string text =
      fmt::format("  {}: {}, from {}", what, describe(balance.verdict), plural(balance.connections, unit));
  if (balance.verdict == Balance::not_enough_data) {
    text += fmt::format("; about {} would do if it is balanced", balance.connections_needed);
  }
  text += fmt::format(" (G-test p = {:.3g}{}, largest deviation {:.1f} points)\n", balance.p_value,
                      balance.g_is_valid ? "" : " from too few", 100 * balance.largest_deviation);
  for (const ClusterShare& item : balance.shares) {
    text +=
        fmt::format("    {}  {}, truly {} to {}; expected {}\n", item.cluster, show_percent(item.observed),
                    show_percent(item.low), show_percent(item.high), show_percent(item.expected));
  }
  return text;
}

std::string describe_expected(const Questions& questions) {
  if (questions.weights.empty()) return "an equal share";
  return "the expected share";
}

std::string balance_section(const ProbeReport& report) {
  const BalanceRule& rule = report.questions.rule;
  std::string text;
  for (const auto& [key, balance] : report.balance.dns_order) {
    const std::string where = key.vantage.empty() ? "" : " from " + key.vantage;
    const auto what =
        fmt::format("{} records{}, which comes first", key.family == Family::ipv4 ? "A" : "AAAA", where);
    text += describe_balance(what, "lookup", balance);
  }
  for (const auto& [address, balance] : report.balance.behind) {
    text += describe_balance("behind " + to_string(address), "connection", balance);
  }
  if (report.balance.following_dns)
    text += describe_balance("following DNS", "connection", *report.balance.following_dns);
  if (text.empty()) return text;
  if (report.questions.sure)
    text += fmt::format("  It took {} to be sure.\n", plural(report.balance.connections(), "connection"));
  return fmt::format("\nBalance (within {:g} points of {}, {:g} % confidence{})\n{}", 100 * rule.tolerance,
                     describe_expected(report.questions), 100 * rule.confidence,
                     rule.method == BalanceMethod::anytime ? " however often it was looked at" : "", text);
}

std::string condition_section(const ProbeReport& report) {
  if (report.conditions.empty()) return {};
  std::string text = fmt::format("\nExpected: {}\n", to_string(result_of(report)));
  for (const ConditionResult& result : report.conditions) {
    const std::string_view word = result.holds == Holds::yes  ? "holds"
                                  : result.holds == Holds::no ? "FAILS"
                                                              : "unknown";
    text += fmt::format("  {:<8} {}: {}\n", word, printable(result.condition.text), result.sentence);
  }
  return text;
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
