#include "probe/show/json_terms.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

namespace meshdrill::probe {

namespace json = boost::json;

json::value in_us(std::chrono::microseconds time) {
  return time.count();
}

json::value in_us(const std::optional<std::chrono::microseconds>& time) {
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

json::object statuses_json(const StatusCounts& statuses) {
  json::object result;
  for (const auto& [status, count] : statuses.by_frequency()) result[fmt::format("{:03}", status)] = count;
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

std::string_view record_type(Family family) {
  return family == Family::ipv4 ? "A" : "AAAA";
}

}  // namespace meshdrill::probe
