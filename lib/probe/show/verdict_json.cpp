#include "probe/show/verdict_json.hpp"

#include "base/text.hpp"
#include "probe/show/json_terms.hpp"

#include <algorithm>

#include <boost/json.hpp>

namespace meshdrill::probe {
namespace {

namespace json = boost::json;

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
          {"reasons", outcomes_json(outage.reasons)},
          {"http_statuses", statuses_json(outage.statuses)}};
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

}  // namespace

json::array outages_json(const std::vector<Outage>& outages) {
  json::array result;
  for (const Outage& outage : outages) result.push_back(outage_json(outage));
  return result;
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

}  // namespace meshdrill::probe
