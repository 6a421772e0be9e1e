#include "probe_streams.hpp"

#include "base/duration.hpp"

#include <algorithm>
#include <map>
#include <string>
#include <vector>

#include <fmt/format.h>

namespace meshdrill::cli {
namespace {

using probe::ProbeConfig;
using probe::StreamKind;

bool has(const std::vector<std::string>& words, const char* word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

void set_streams(ProbeConfig& config, const std::vector<std::string>& kinds) {
  for (const std::string& kind : kinds) {
    if (!probe::from_string<StreamKind>(kind))
      throw CLI::ValidationError("--streams", kind + ": not one of pinned, following, browser");
  }
  config.pinned = has(kinds, "pinned");
  config.following = has(kinds, "following");
  config.browser = has(kinds, "browser");
}

void set_rates(ProbeConfig& config, const std::vector<std::string>& rates) {
  for (const std::string& text : rates) {
    const auto equals = text.find('=');
    const auto kind = probe::from_string<StreamKind>(text.substr(0, equals));
    double rate = 0;
    if (!kind || equals == std::string::npos || !CLI::detail::lexical_cast(text.substr(equals + 1), rate))
      throw CLI::ValidationError("--rate-of", text + ": not KIND=RATE, like following=5");
    config.rates[*kind] = rate;
  }
}

void set_addresses(ProbeConfig& config, const std::vector<std::string>& texts) {
  for (const std::string& text : texts) {
    const auto address = parse_ip(text);
    if (!address) throw CLI::ValidationError("--address", address.error().message);
    config.addresses.push_back(*address);
  }
}

void add_delay(CLI::App& command, const std::string& name, Duration& target, const std::string& help) {
  const auto read = [&target, name](const std::string& text) {
    const auto duration = parse_duration(text);
    if (!duration) throw CLI::ValidationError(name, text + ": not a duration, like 250ms");
    target = *duration;
  };
  command.add_option_function<std::string>(name, read, help)
      ->default_str(format_duration(target))
      ->type_name("DURATION");
}

}  // namespace

void add_stream_options(CLI::App& command, ProbeConfig& config) {
  auto* group = command.add_option_group("Streams");
  group
      ->add_option_function<std::vector<std::string>>(
          "--streams", [&config](const std::vector<std::string>& kinds) { set_streams(config, kinds); },
          "Which: pinned (to each address), following (what DNS says), browser (races both families, "
          "RFC 8305)")
      ->delimiter(',')
      ->default_str("pinned,following");
  group
      ->add_option_function<std::vector<std::string>>(
          "--address", [&config](const std::vector<std::string>& texts) { set_addresses(config, texts); },
          "Pin streams to these addresses instead of those that DNS gives at the start")
      ->delimiter(',');
  group
      ->add_option_function<std::vector<std::string>>(
          "--rate-of", [&config](const std::vector<std::string>& rates) { set_rates(config, rates); },
          "KIND=RATE: a rate of its own for a kind of stream; may be repeated")
      ->delimiter(',');
  group
      ->add_option("--arrivals", config.arrivals,
                   "uniform (an outage is known best) or poisson (independent, as users are)")
      ->transform(CLI::CheckedTransformer(std::map<std::string, probe::Arrivals>{
          {"uniform", probe::Arrivals::uniform}, {"poisson", probe::Arrivals::poisson}}))
      ->default_str("uniform");
  group
      ->add_option(
          "--follow", config.follow,
          "When following streams look up: every (connection), or ttl (when the last answer is over)")
      ->transform(CLI::CheckedTransformer(
          std::map<std::string, probe::Follow>{{"every", probe::Follow::every}, {"ttl", probe::Follow::ttl}}))
      ->default_str("every");
  add_delay(*group, "--attempt-delay", config.race.attempt_delay,
            "browser: until the next address is tried beside the last");
  add_delay(*group, "--resolution-delay", config.race.resolution_delay,
            "browser: how long an A record waits for AAAA");

  auto* dns = command.add_option_group("Vantages");
  dns->add_flag(
      "--side-by-side", config.side_by_side,
      "Each --dns-server has streams of its own; otherwise the next one is asked when one is silent");
  dns->add_flag("--system-dns", config.system_vantage,
                "The servers of /etc/resolv.conf have streams too, beside each --dns-server");
  dns->add_flag("--authority", config.authority,
                "So have the name servers of the zone, found by asking, and asked without recursion");
  dns->add_option("--authority-port", config.authority_port, "Where those listen")->capture_default_str();
}

}  // namespace meshdrill::cli
