#include "probe/show/prometheus.hpp"

#include "base/text.hpp"

#include <algorithm>
#include <array>
#include <cmath>
#include <initializer_list>
#include <set>
#include <utility>

#include <fmt/format.h>

namespace meshdrill::probe {
namespace {

using std::chrono::microseconds;

// Upper bounds of the classic histogram, with their text in seconds.
constexpr std::array<std::pair<std::int64_t, std::string_view>, 15> buckets{{{500, "0.0005"},
                                                                             {1'000, "0.001"},
                                                                             {2'500, "0.0025"},
                                                                             {5'000, "0.005"},
                                                                             {10'000, "0.01"},
                                                                             {25'000, "0.025"},
                                                                             {50'000, "0.05"},
                                                                             {100'000, "0.1"},
                                                                             {250'000, "0.25"},
                                                                             {500'000, "0.5"},
                                                                             {1'000'000, "1"},
                                                                             {2'000'000, "2"},
                                                                             {3'000'000, "3"},
                                                                             {5'000'000, "5"},
                                                                             {10'000'000, "10"}}};

std::string escape(std::string_view value) {
  std::string text;
  for (const char c : printable(value)) {
    if (c == '\\' || c == '"') text += '\\';
    text += c;
  }
  return text;
}

using LabelList = std::initializer_list<std::pair<std::string_view, std::string>>;

class Writer {
 public:
  void begin(std::string_view name, std::string_view type, std::string_view help) {
    name_ = name;
    text_ +=
        fmt::format("# HELP meshdrill_probe_{} {}\n# TYPE meshdrill_probe_{} {}\n", name, help, name, type);
  }
  void sample(LabelList labels, double value, std::string_view suffix = "") {
    sample(join(labels), std::isnan(value) ? "NaN" : fmt::format("{}", value), suffix);
  }
  void sample(LabelList labels, std::uint64_t value, std::string_view suffix = "") {
    sample(join(labels), fmt::format("{}", value), suffix);
  }
  void histogram(LabelList labels, const Histogram& histogram) {
    const std::string common = join(labels);
    const std::string comma = common.empty() ? "" : ",";
    for (const auto& [limit, name] : buckets) {
      const std::uint64_t within = histogram.count() - histogram.count_over(microseconds{limit});
      sample(fmt::format("{}{}le=\"{}\"", common, comma, name), fmt::format("{}", within), "_bucket");
    }
    sample(fmt::format("{}{}le=\"+Inf\"", common, comma), fmt::format("{}", histogram.count()), "_bucket");
    sample(common, fmt::format("{}", static_cast<double>(histogram.sum().count()) / 1e6), "_sum");
    sample(common, fmt::format("{}", histogram.count()), "_count");
  }
  std::string take() { return std::move(text_); }

 private:
  static std::string join(LabelList labels) {
    std::string text;
    for (const auto& [name, value] : labels)
      text += fmt::format("{}{}=\"{}\"", text.empty() ? "" : ",", name, escape(value));
    return text;
  }
  void sample(const std::string& labels, const std::string& value, std::string_view suffix) {
    text_ += fmt::format("meshdrill_probe_{}{}", name_, suffix);
    if (!labels.empty()) text_ += "{" + labels + "}";
    text_ += " " + value + "\n";
  }

  std::string name_;
  std::string text_;
};

std::string word(std::string_view text) {
  return std::string{text};
}

std::string address_text(const std::optional<IpAddress>& address) {
  return address ? to_string(*address) : "";
}

// One sample for each outcome; http_status has one for each status, by a label of its own.
void write_cell(Writer& out, const CellKey& key, const Cell& cell) {
  for (std::size_t i = 0; i < outcome_count; ++i) {
    const auto outcome = static_cast<Outcome>(i);
    const auto put = [&](std::uint64_t count, const std::string& status) {
      out.sample({{"kind", word(to_string(key.kind))},
                  {"connection", word(to_string(key.connection))},
                  {"vantage", key.vantage},
                  {"address", address_text(key.address)},
                  {"cluster", key.cluster},
                  {"outcome", word(to_string(outcome))},
                  {"status", status}},
                 count);
    };
    if (outcome == Outcome::http_status) {
      for (const auto& [status, count] : cell.statuses.by_frequency())
        put(count, fmt::format("{:03}", status));
    } else if (cell.outcomes[i] > 0) {
      put(cell.outcomes[i], "");
    }
  }
}

void write_requests(Writer& out, const ProbeReport& report) {
  out.begin("requests_total", "counter", "Requests by who was asked, who answered and how they ended.");
  for (const auto& [key, cell] : report.summary.tally().cells()) write_cell(out, key, cell);
  out.begin("connections_total", "counter", "Connections by the cluster that answered their first request.");
  for (const auto& [key, cell] : report.summary.tally().cells()) {
    if (key.cluster.empty()) continue;
    out.sample({{"kind", word(to_string(key.kind))},
                {"connection", word(to_string(key.connection))},
                {"vantage", key.vantage},
                {"address", address_text(key.address)},
                {"cluster", key.cluster}},
               cell.connections);
  }
}

void write_times(Writer& out, const ProbeReport& report) {
  out.begin("phase_seconds", "histogram",
            "Time of answered requests by phase; total is from the planned start.");
  for (const StreamSummary& stream : report.streams) {
    for (std::size_t i = 0; i < phase_count; ++i) {
      const auto phase = static_cast<PhaseName>(i);
      if (stream.times.of(phase).count() == 0) continue;
      out.histogram({{"stream", stream.stream.name}, {"phase", word(to_string(phase))}},
                    stream.times.of(phase));
    }
  }
}

void write_outages(Writer& out, const ProbeReport& report) {
  out.begin("outages_total", "counter", "Outages that began.");
  for (const StreamSummary& stream : report.streams) {
    out.sample({{"stream", stream.stream.name}}, stream.outages.size() + stream.outages_dropped);
  }
  out.begin("outage_open", "gauge", "1 while an outage lasts.");
  for (const StreamSummary& stream : report.streams) {
    const bool open = !stream.outages.empty() && stream.outages.back().open();
    out.sample({{"stream", stream.stream.name}}, std::uint64_t{open});
  }
  out.begin("longest_outage_seconds", "gauge", "Least length of the longest outage so far.");
  for (const StreamSummary& stream : report.streams) {
    microseconds longest{};
    for (const Outage& outage : stream.outages) longest = std::max(longest, outage.bounds().lower);
    out.sample({{"stream", stream.stream.name}}, static_cast<double>(longest.count()) / 1e6);
  }
  out.begin("syn_retransmits_total", "counter", "Requests connected after a lost SYN was repeated.");
  for (const StreamSummary& stream : report.streams) {
    out.sample({{"stream", stream.stream.name}}, stream.syn_retransmits);
  }
}

void write_dns(Writer& out, const ProbeReport& report) {
  const auto type = [](const LookupKey& key) { return word(key.family == Family::ipv4 ? "A" : "AAAA"); };
  out.begin("dns_lookups_total", "counter", "Lookups by how they ended.");
  for (const auto& [key, lookup] : report.summary.lookups()) {
    for (const auto& [result, count] : lookup.results)
      out.sample({{"type", type(key)}, {"vantage", key.vantage}, {"result", word(to_string(result))}}, count);
  }
  out.begin("dns_ttl_seconds", "gauge", "TTL of each record of the latest answer.");
  for (const auto& [key, lookup] : report.summary.lookups()) {
    std::set<IpAddress> seen;  // an answer may have a record twice; a metric must not
    for (const AddressRecord& record : lookup.last.records) {
      if (!seen.insert(record.address).second) continue;
      out.sample({{"type", type(key)}, {"vantage", key.vantage}, {"address", to_string(record.address)}},
                 static_cast<std::uint64_t>(record.ttl.count()));
    }
  }
}

void write_balance(Writer& out, const ProbeReport& report) {
  std::vector<std::pair<std::string, const BalanceVerdict*>> layers;
  for (const auto& [key, verdict] : report.balance.dns_order) {
    layers.emplace_back(
        fmt::format("dns order {} {}", key.family == Family::ipv4 ? "A" : "AAAA", key.vantage), &verdict);
  }
  for (const auto& [address, verdict] : report.balance.behind)
    layers.emplace_back("behind " + to_string(address), &verdict);
  if (report.balance.following_dns) layers.emplace_back("following DNS", &*report.balance.following_dns);
  out.begin("share", "gauge",
            "Share of the connections (or lookups) that each got; low and high bound the true one.");
  for (const auto& [layer, verdict] : layers) {
    for (const ClusterShare& share : verdict->shares) {
      const auto put = [&](std::string_view what, double value) {
        out.sample({{"layer", layer}, {"name", share.cluster}, {"value", word(what)}}, value);
      };
      put("observed", share.observed);
      put("expected", share.expected);
      put("low", share.low);
      put("high", share.high);
    }
  }
  out.begin("balanced", "gauge", "1 balanced, 0 not balanced, NaN not enough data.");
  for (const auto& [layer, verdict] : layers) {
    out.sample({{"layer", layer}}, verdict->verdict == Balance::balanced     ? 1.0
                                   : verdict->verdict == Balance::unbalanced ? 0.0
                                                                             : std::nan(""));
  }
}

}  // namespace

std::string to_prometheus(const ProbeReport& report) {
  Writer out;
  write_requests(out, report);
  write_times(out, report);
  write_outages(out, report);
  write_dns(out, report);
  write_balance(out, report);
  out.begin("expectation", "gauge", "1 holds, 0 fails, NaN cannot be told yet.");
  for (const ConditionResult& result : report.conditions) {
    out.sample({{"expect", result.condition.text}}, result.holds == Holds::yes  ? 1.0
                                                    : result.holds == Holds::no ? 0.0
                                                                                : std::nan(""));
  }
  out.begin("stalled_seconds_total", "counter", "Time in which the prober itself was held up.");
  out.sample({}, static_cast<double>(report.summary.stalls().total.count()) / 1e6);
  out.begin("start_lateness_seconds", "histogram", "How late requests started after their planned time.");
  out.histogram({}, report.summary.lateness());
  out.begin("up_to_seconds", "gauge",
            "Everything planned until then, from the start of the run, is counted.");
  out.sample({}, static_cast<double>(report.summary.upto().count()) / 1e6);
  return out.take();
}

}  // namespace meshdrill::probe
