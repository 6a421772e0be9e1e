#include "base/text.hpp"
#include "probe/show/probe_report.hpp"

#include <algorithm>

#include <boost/json.hpp>

namespace meshdrill::probe {
namespace {

namespace json = boost::json;

json::value in_us(std::chrono::microseconds time) {
  return time.count();
}

template <class T>
json::value in_us(const std::optional<T>& time) {
  return time ? in_us(*time) : json::value(nullptr);
}

json::value in_us(Duration time) {
  return in_us(std::chrono::duration_cast<std::chrono::microseconds>(time));
}

json::object outcomes_json(const std::array<std::uint64_t, outcome_count>& outcomes) {
  json::object result;
  for (std::size_t i = 0; i < outcome_count; ++i) {
    if (outcomes[i] != 0) result[to_string(static_cast<Outcome>(i))] = outcomes[i];
  }
  return result;
}

json::object histogram_json(const Histogram& histogram) {
  return {{"count", histogram.count()},
          {"min_us", in_us(histogram.min())},
          {"p50_us", in_us(histogram.quantile(0.5))},
          {"p90_us", in_us(histogram.quantile(0.9))},
          {"p99_us", in_us(histogram.quantile(0.99))},
          {"p999_us", in_us(histogram.quantile(0.999))},
          {"max_us", in_us(histogram.max())}};
}

json::value address_json(const std::optional<IpAddress>& address) {
  return address ? json::value(to_string(*address)) : json::value(nullptr);
}

std::string_view record_type(Family family) {
  return family == Family::ipv4 ? "A" : "AAAA";
}

json::object phases_json(const PhaseTimes& times) {
  json::object result;
  for (std::size_t i = 0; i < phase_count; ++i) {
    const auto phase = static_cast<PhaseName>(i);
    if (times.of(phase).count() != 0) result[to_string(phase)] = histogram_json(times.of(phase));
  }
  return result;
}

json::object config_json(const ProbeReport& report) {
  const ProbeConfig& config = report.config;
  json::object timeouts{{"dns_us", in_us(config.timeouts.dns)},
                        {"connect_us", in_us(config.timeouts.connect)},
                        {"tls_us", in_us(config.timeouts.tls)},
                        {"first_byte_us", in_us(config.timeouts.first_byte)},
                        {"total_us", in_us(config.timeouts.total)}};
  return {{"rate", config.rate},
          {"jitter", config.jitter},
          {"closed_loop", config.closed_loop},
          {"insecure", config.tls.insecure},
          {"identify", config.identify.regex},
          {"timeouts", std::move(timeouts)}};
}

json::array lookups_json(const ProbeReport& report) {
  json::array result;
  for (const auto& [key, lookup] : report.summary.lookups()) {
    json::object results;
    for (const auto& [outcome, count] : lookup.results) results[to_string(outcome)] = count;
    json::array records;
    for (const AddressRecord& record : lookup.last.records) {
      const auto first = lookup.first.find(record.address);
      records.push_back(json::object{{"address", to_string(record.address)},
                                     {"ttl_s", record.ttl.count()},
                                     {"first", first == lookup.first.end() ? 0 : first->second}});
    }
    json::array aliases;
    for (const std::string& alias : lookup.last.aliases) aliases.emplace_back(printable(alias));
    result.push_back(json::object{{"type", record_type(key.family)},
                                  {"vantage", key.vantage},
                                  {"name", lookup.last.name},
                                  {"server", lookup.last.server},
                                  {"results", std::move(results)},
                                  {"over_tcp", lookup.over_tcp},
                                  {"last_aliases", std::move(aliases)},
                                  {"last_records", std::move(records)},
                                  {"took", histogram_json(lookup.took)}});
  }
  return result;
}

json::array matrix_json(const ProbeReport& report) {
  json::array result;
  for (const auto& [key, cell] : report.summary.tally().cells()) {
    result.push_back(
        json::object{{"stream_kind", to_string(key.kind)},
                     {"connection", to_string(key.connection)},
                     {"address", address_json(key.address)},
                     {"vantage", key.vantage},
                     {"cluster", key.cluster.empty() ? json::value(nullptr) : json::value(key.cluster)},
                     {"requests", cell.total()},
                     {"connections", cell.connections},
                     {"outcomes", outcomes_json(cell.outcomes)},
                     {"latency", histogram_json(cell.latency())},
                     {"phases", phases_json(cell.times)}});
  }
  return result;
}

json::object bounds_json(const Bounds& bounds) {
  return {{"lower_us", in_us(bounds.lower)}, {"upper_us", in_us(bounds.upper)}};
}

json::object outage_json(const Outage& outage) {
  return {{"kind", to_string(outage.kind)},
          {"length", bounds_json(outage.bounds())},
          {"confident_upper_us", in_us(outage.confident_upper())},
          {"last_good_us", in_us(outage.last_good)},
          {"first_bad_us", in_us(outage.first_bad)},
          {"last_bad_us", in_us(outage.last_bad)},
          {"next_good_us", in_us(outage.next_good)},
          {"bad_by_us", in_us(outage.bad_by)},
          {"good_by_us", in_us(outage.good_by)},
          {"longest_blackout", bounds_json(outage.longest_blackout)},
          {"open", outage.open()},
          {"blind", outage.blind},
          {"runs", outage.runs},
          {"alternations", outage.alternations()},
          {"failed", outage.failed},
          {"slow", outage.slow},
          {"good", outage.good},
          {"reasons", outcomes_json(outage.reasons)}};
}

json::array streams_json(const ProbeReport& report) {
  json::array result;
  for (const StreamSummary& stream : report.streams) {
    json::array outages;
    for (const Outage& outage : stream.outages) outages.push_back(outage_json(outage));
    result.push_back(json::object{{"name", stream.stream.name},
                                  {"kind", to_string(stream.stream.kind)},
                                  {"connection", to_string(stream.stream.connection)},
                                  {"address", address_json(stream.stream.address)},
                                  {"planned", stream.planned()},
                                  {"vantage", stream.stream.vantage},
                                  {"outcomes", outcomes_json(stream.outcomes)},
                                  {"failed_share", stream.failed_share()},
                                  {"syn_retransmits", stream.syn_retransmits},
                                  {"rescued", stream.rescued},
                                  {"stalled", stream.stalled},
                                  {"longest_gap_us", in_us(stream.longest_gap)},
                                  {"latency", histogram_json(stream.latency())},
                                  {"phases", phases_json(stream.times)},
                                  {"outages_dropped", stream.outages_dropped},
                                  {"outages", std::move(outages)}});
  }
  return result;
}

// JSON has no infinity.
double finite(double value) {
  constexpr double most = 1e6;
  return std::min(value, most);
}

json::object verdict_json(const BalanceVerdict& balance) {
  json::array shares;
  for (const ClusterShare& share : balance.shares) {
    shares.push_back(json::object{{"name", share.cluster},
                                  {"count", share.connections},
                                  {"expected", share.expected},
                                  {"observed", share.observed},
                                  {"low", share.low},
                                  {"high", share.high}});
  }
  return {{"verdict", to_string(balance.verdict)},
          {"count", balance.connections},
          {"count_needed", balance.connections_needed},
          {"tolerance", balance.rule.tolerance},
          {"confidence", balance.rule.confidence},
          {"largest_deviation", balance.largest_deviation},
          {"method", balance.rule.method == BalanceMethod::fixed ? "fixed" : "anytime"},
          {"p_value", balance.p_value},
          {"p_value_valid", balance.g_is_valid},
          {"log10_evidence", finite(balance.log10_evidence)},
          {"shares", std::move(shares)}};
}

json::object balance_json(const ProbeReport& report) {
  json::array order;
  for (const auto& [key, balance] : report.balance.dns_order) {
    json::object verdict = verdict_json(balance);
    verdict["type"] = record_type(key.family);
    verdict["vantage"] = key.vantage;
    order.push_back(std::move(verdict));
  }
  json::object behind;
  for (const auto& [address, balance] : report.balance.behind)
    behind[to_string(address)] = verdict_json(balance);
  json::value following = nullptr;
  if (report.balance.following_dns) following = verdict_json(*report.balance.following_dns);
  return {{"dns_order", std::move(order)},
          {"behind", std::move(behind)},
          {"following_dns", std::move(following)},
          {"sure_after_connections",
           report.questions.sure ? json::value(report.balance.connections()) : json::value(nullptr)}};
}

json::array conditions_json(const ProbeReport& report) {
  json::array result;
  for (const ConditionResult& condition : report.conditions) {
    result.push_back(json::object{{"expect", printable(condition.condition.text)},
                                  {"holds", to_string(condition.holds)},
                                  {"sentence", printable(condition.sentence)}});
  }
  return result;
}

json::array findings_json(const ProbeReport& report) {
  json::array result;
  for (const DnsFinding& finding : report.summary.findings()) {
    result.push_back(json::object{{"at_us", in_us(finding.at)},
                                  {"change", to_string(finding.change)},
                                  {"address", to_string(finding.address)},
                                  {"vantage", finding.vantage},
                                  {"server", finding.server}});
  }
  return result;
}

json::object prober_json(const ProbeReport& report) {
  const StallSummary& stalls = report.summary.stalls();
  json::array latest;
  for (const Stall& stall : stalls.latest) {
    latest.push_back(json::object{{"start_us", in_us(stall.start)}, {"end_us", in_us(stall.end)}});
  }
  return {{"lateness", histogram_json(report.summary.lateness())},
          {"stall_count", stalls.count},
          {"stalled_us", in_us(stalls.total)},
          {"longest_stall_us", in_us(stalls.longest)},
          {"stalls", std::move(latest)}};
}

}  // namespace

std::string to_json(const ProbeReport& report) {
  const Cell all = report.summary.tally().sum();
  json::array clusters;
  for (const std::string& cluster : report.clusters) clusters.emplace_back(cluster);
  const json::object result{{"apiVersion", "meshdrill/v1"},
                            {"kind", "ProbeReport"},
                            {"url", report.config.url},
                            {"result", to_string(result_of(report))},
                            {"config", config_json(report)},
                            {"duration_us", in_us(report.summary.upto())},
                            {"planned", all.total()},
                            {"outcomes", outcomes_json(all.outcomes)},
                            {"clusters", std::move(clusters)},
                            {"lookups", lookups_json(report)},
                            {"matrix", matrix_json(report)},
                            {"streams", streams_json(report)},
                            {"balance", balance_json(report)},
                            {"dns_findings", findings_json(report)},
                            {"expectations", conditions_json(report)},
                            {"prober", prober_json(report)}};
  return json::serialize(result) + "\n";
}

}  // namespace meshdrill::probe
