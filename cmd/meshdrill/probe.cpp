#include "base/duration.hpp"
#include "commands.hpp"
#include "exit_codes.hpp"
#include "probe/probe_report.hpp"
#include "probe_streams.hpp"
#include "request_options.hpp"

#include <csignal>
#include <cstdio>
#include <memory>
#include <mutex>
#include <optional>
#include <thread>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <fmt/format.h>

namespace meshdrill::cli {
namespace {

struct ProbeOptions {
  probe::ProbeConfig config;
  Duration duration{};
  std::string connections = "new";
  std::string output = "text";
  double tolerance_points = 10;
};

// Lets the prober run until the time is over or the user has had enough, then until those in flight are done.
// A second Ctrl-C does not wait for them.
Result<> run(probe::Prober& prober, Duration duration) {
  boost::asio::io_context context;
  boost::asio::signal_set signals{context, SIGINT, SIGTERM};
  boost::asio::steady_timer timer{context, duration};
  timer.async_wait([&](const boost::system::error_code&) { context.stop(); });
  signals.async_wait([&](const boost::system::error_code&, int) { context.stop(); });
  context.run();

  context.restart();
  signals.async_wait([&](const boost::system::error_code& error, int) {
    if (!error) prober.cut_short();
  });
  std::thread listening{[&] { context.run(); }};
  auto stopped = prober.stop();
  context.stop();
  listening.join();
  return stopped;
}

int probe_url(const ProbeOptions& options) {
  std::mutex mutex;
  std::optional<probe::Summary> summary;
  probe::Prober prober{options.config, [&](const probe::Batch& batch) {
                         const std::lock_guard lock{mutex};
                         summary->add(batch);
                       }};
  // Held until there is a summary for the first batch to go to.
  std::unique_lock lock{mutex};
  const auto started = prober.start();
  if (!started) {
    fmt::print(stderr, "meshdrill: {}\n", started.error().message);
    return exit_inconclusive;
  }
  summary.emplace(started->streams);
  for (const probe::DnsAnswer& answer : started->answers) summary->add(answer);
  lock.unlock();
  fmt::print(stderr, "Probing {} for {}; Ctrl-C ends it early.\n", options.config.url,
             format_duration(options.duration));
  if (const auto stopped = run(prober, options.duration); !stopped) {
    fmt::print(stderr, "meshdrill: {}\n", stopped.error().message);
    return exit_inconclusive;
  }

  const auto report =
      probe::conclude(options.config, *started, std::move(*summary), {options.tolerance_points / 100});
  const std::string text = options.output == "json" ? to_json(report) : to_text(report);
  std::fputs(text.c_str(), stdout);
  switch (result_of(report)) {
    case probe::ProbeResult::passed:
      return exit_pass;
    case probe::ProbeResult::failed:
      return exit_failed;
    case probe::ProbeResult::not_measured:
      break;
  }
  return exit_inconclusive;
}

int check_and_probe(ProbeOptions& options) {
  options.config.fresh = options.connections != "reused";
  options.config.reused = options.connections != "new";
  if (const auto checked = probe::check(options.config); !checked) {
    fmt::print(stderr, "meshdrill: {}\n", checked.error().message);
    return exit_usage;
  }
  return probe_url(options);
}

// Reads a duration into `target` while the command line is parsed, so that a wrong one is a usage error.
CLI::Option* add_duration(CLI::App& command, const std::string& name, Duration& target,
                          const std::string& initial, const std::string& help) {
  const auto read = [&target](const std::string& text) {
    const auto duration = parse_duration(text);
    if (!duration || *duration <= Duration::zero()) {
      throw CLI::ValidationError(text + ": not a duration above zero, like 500ms, 10s or 1m30s");
    }
    target = *duration;
  };
  target = *parse_duration(initial);
  return command.add_option_function<std::string>(name, read, help)
      ->default_str(initial)
      ->type_name("DURATION");
}

void add_timeouts(CLI::App& command, probe::Timeouts& timeouts) {
  add_duration(command, "--timeout", timeouts.total, "2s", "Time-out of a request as a whole");
  add_duration(command, "--dns-timeout", timeouts.dns, "900ms", "Time-out of a lookup");
  add_duration(command, "--connect-timeout", timeouts.connect, "900ms",
               "Time-out of connecting; from 1s on, a SYN that was lost and repeated passes for success");
  add_duration(command, "--tls-timeout", timeouts.tls, "900ms", "Time-out of the TLS handshake");
  add_duration(command, "--first-byte-timeout", timeouts.first_byte, "2s",
               "Time-out from the request to the first byte of the answer");
}

}  // namespace

void add_probe(CLI::App& app, Run& run) {
  auto options = std::make_shared<ProbeOptions>();
  probe::ProbeConfig& config = options->config;
  CLI::App* command = app.add_subcommand("probe", "Ask an ingress the way clients do, and see who answers");
  command->add_option("url", config.url, "What to ask for: http:// or https://")->required();
  add_rate(*command, config);
  add_duration(*command, "--duration", options->duration, "10s", "How long");
  command
      ->add_option("--dns-server", config.dns_servers,
                   "ADDRESS[:PORT] to ask instead of the system's; may be repeated")
      ->take_all();
  command
      ->add_option("--identify", config.identify.regex,
                   "Regular expression; its capture is the cluster's name")
      ->capture_default_str();
  command
      ->add_option("--clusters", config.identify.clusters,
                   "The clusters that may answer; any other name is a failure")
      ->delimiter(',');
  command
      ->add_option("--connections", options->connections,
                   "Streams with a new connection a request, a kept one, or both")
      ->check(CLI::IsMember({"new", "reused", "both"}))
      ->capture_default_str();
  add_stream_options(*command, config);
  add_timeouts(*command, config.timeouts);
  command->add_option("--jitter", config.jitter,
                      "Move each start by up to this part of the period, 0 to 0.5");
  add_request_options(*command, config);
  command->add_option("--cacert", config.ca_file, "PEM file to trust instead of the system's authorities");
  command
      ->add_option("--tolerance", options->tolerance_points,
                   "Points by which a share may differ and be called balanced")
      ->check(CLI::Range(0.1, 99.0))
      ->capture_default_str();
  command->add_option("-o,--output", options->output, "text or json")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  command->callback([options, &run] { run = [options] { return check_and_probe(*options); }; });
}

}  // namespace meshdrill::cli
