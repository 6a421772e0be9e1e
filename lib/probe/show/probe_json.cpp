#include "base/text.hpp"
#include "probe/show/json_terms.hpp"
#include "probe/show/probe_report.hpp"
#include "probe/show/verdict_json.hpp"

#include <boost/json.hpp>

namespace meshdrill::probe {
namespace {

namespace json = boost::json;

json::value address_json(const std::optional<IpAddress>& address) {
  return address ? json::value(to_string(*address)) : json::value(nullptr);
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
                     {"http_statuses", statuses_json(cell.statuses)},
                     {"latency", histogram_json(cell.latency())},
                     {"phases", phases_json(cell.times)}});
  }
  return result;
}

json::array streams_json(const ProbeReport& report) {
  json::array result;
  for (const StreamSummary& stream : report.streams) {
    result.push_back(json::object{{"name", stream.stream.name},
                                  {"kind", to_string(stream.stream.kind)},
                                  {"connection", to_string(stream.stream.connection)},
                                  {"address", address_json(stream.stream.address)},
                                  {"planned", stream.planned()},
                                  {"vantage", stream.stream.vantage},
                                  {"outcomes", outcomes_json(stream.outcomes)},
                                  {"http_statuses", statuses_json(stream.statuses)},
                                  {"failed_share", stream.failed_share()},
                                  {"syn_retransmits", stream.syn_retransmits},
                                  {"rescued", stream.rescued},
                                  {"stalled", stream.stalled},
                                  {"longest_gap_us", in_us(stream.longest_gap)},
                                  {"latency", histogram_json(stream.latency())},
                                  {"phases", phases_json(stream.times)},
                                  {"outages_dropped", stream.outages_dropped},
                                  {"outages", outages_json(stream.outages)}});
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
                            {"http_statuses", statuses_json(all.statuses)},
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
