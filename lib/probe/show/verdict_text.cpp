#include "probe/show/verdict_text.hpp"

#include "base/text.hpp"
#include "base/text_table.hpp"
#include "probe/show/terms.hpp"

#include <fmt/format.h>

namespace meshdrill::probe {
namespace {

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
    text +=
        fmt::format("\n      {} × {}", outage.reasons[i], describe(static_cast<Outcome>(i), outage.statuses));
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

}  // namespace

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

}  // namespace meshdrill::probe
