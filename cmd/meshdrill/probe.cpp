#include "base/duration.hpp"
#include "commands.hpp"
#include "exit_codes.hpp"
#include "probe_options.hpp"
#include "probe_watch.hpp"

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <system_error>
#include <thread>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/steady_timer.hpp>
#include <fmt/format.h>

namespace meshdrill::cli {
namespace {

using namespace std::chrono_literals;

// As fast as a server answers on one core, 100 ms hold two megabytes of samples.
constexpr auto read_period = 20ms;
constexpr int reads_a_look = 5;

// Lets the prober run until the time is over, there is enough, or the user has had enough; then until those
// in flight are done. A second Ctrl-C does not wait for them.
class ProbeRun {
 public:
  ProbeRun(probe::Prober& prober, ProbeWatch& watch) : prober_(prober), watch_(watch) {
    signals_.async_wait([this](const boost::system::error_code& error, int) {
      if (!error) end();
    });
  }

  Result<> run(std::optional<Duration> duration) {
    boost::asio::steady_timer timer{context_};
    if (duration) {
      timer.expires_after(*duration);
      timer.async_wait([this](const boost::system::error_code& error) {
        if (!error) end();
      });
    }
    look();
    read();
    context_.run();
    if (stopping_.joinable()) stopping_.join();
    return stopped_;
  }

 private:
  void look() {
    watch_.look(ending_);
    if (watch_.enough()) end();
  }

  void read() {
    read_timer_.expires_after(read_period);
    read_timer_.async_wait([this](const boost::system::error_code& error) {
      if (error) return;
      watch_.read();
      if (++reads_ % reads_a_look == 0) look();
      read();
    });
  }

  // stop() waits for those in flight, so it has a thread of its own, and the view goes on.
  void end() {
    if (ending_) return;
    ending_ = true;
    signals_.cancel();
    signals_.async_wait([this](const boost::system::error_code& error, int) {
      if (!error) prober_.cut_short();
    });
    stopping_ = std::thread{[this] {
      stopped_ = prober_.stop();
      context_.stop();
    }};
  }

  probe::Prober& prober_;
  ProbeWatch& watch_;
  boost::asio::io_context context_;
  boost::asio::signal_set signals_{context_, SIGINT, SIGTERM};
  boost::asio::steady_timer read_timer_{context_};
  int reads_ = 0;
  bool ending_ = false;
  std::thread stopping_;
  Result<> stopped_;
};

// Written only when there is something to say, so whether it can be is asked beforehand.
Result<> check_writable(const std::string& file) {
  if (file.empty()) return {};
  const std::filesystem::path path{file};
  const std::filesystem::path folder = path.has_parent_path() ? path.parent_path() : ".";
  std::error_code ignored;
  int error = std::filesystem::is_directory(path, ignored) ? EISDIR : 0;
  if (error == 0 && ::access(folder.c_str(), W_OK | X_OK) != 0) error = errno;
  if (error == 0) return {};
  return fail(fmt::format("{}: {}", file, std::generic_category().message(error)));
}

Result<ProbeOutputs> open_outputs(const ProbeOptions& options) {
  ProbeOutputs outputs;
  if (auto done = check_writable(options.prometheus_file); !done) return tl::unexpected(done.error());
  if (!options.csv_file.empty()) {
    outputs.csv.reset(std::fopen(options.csv_file.c_str(), "we"));
    if (!outputs.csv)
      return fail(fmt::format("{}: {}", options.csv_file, std::generic_category().message(errno)));
  }
  if (!options.listen.empty()) {
    auto server = probe::MetricsServer::listen(options.listen);
    if (!server) return tl::unexpected(server.error());
    outputs.metrics = std::move(*server);
  }
  return outputs;
}

int exit_code_of(const probe::ProbeReport& report) {
  switch (result_of(report)) {
    case probe::ProbeResult::passed:
      return exit_pass;
    case probe::ProbeResult::failed:
      return exit_failed;
    case probe::ProbeResult::inconclusive:
    case probe::ProbeResult::not_measured:
      break;
  }
  return exit_inconclusive;
}

int complain(const Error& error, int code) {
  fmt::print(stderr, "meshdrill: {}\n", error.message);
  return code;
}

void announce(const ProbeOptions& options, const ProbeOutputs& outputs) {
  if (outputs.metrics) fmt::print(stderr, "Metrics at {}\n", outputs.metrics->url());
  if (options.config.tls.insecure)
    fmt::print(stderr, "INSECURE: no certificate is checked; whoever answers may be anybody.\n");
  if (options.quiet) return;
  const std::string time = options.duration ? " for " + format_duration(*options.duration) : std::string{};
  fmt::print(stderr, "Probing {}{}; Ctrl-C ends it{}.\n", options.config.url, time,
             options.duration ? " early" : "");
}

int probe_url(ProbeOptions& options) {
  if (!finish_options(options)) return exit_usage;
  auto outputs = open_outputs(options);
  if (!outputs) return complain(outputs.error(), exit_usage);
  BatchQueue queue;
  probe::Prober prober{options.config, [&](probe::Batch batch) { queue.push(std::move(batch)); }};
  const auto started = prober.start();
  if (!started) return complain(started.error(), exit_inconclusive);
  announce(options, *outputs);
  ProbeWatch watch{options, *outputs, queue, *started};
  const auto ran = ProbeRun{prober, watch}.run(options.duration);
  const auto report = watch.finish();
  if (!ran) return complain(ran.error(), exit_inconclusive);
  if (!report) return complain(report.error(), exit_failed);
  const std::string text = options.output == "json" ? to_json(*report) : to_text(*report);
  // A CI job that reads an empty file must not believe that all is well.
  if (std::fputs(text.c_str(), stdout) < 0 || std::fflush(stdout) != 0) {
    const std::string why = std::generic_category().message(errno);
    return complain(Error{"the result could not be written to stdout: " + why}, exit_failed);
  }
  return exit_code_of(*report);
}

}  // namespace

void add_probe(CLI::App& app, Run& run) {
  auto options = std::make_shared<ProbeOptions>();
  CLI::App* command = app.add_subcommand("probe", "Ask an ingress the way clients do, and see who answers");
  declare_probe_options(*command, *options);
  command->callback([options, &run] { run = [options] { return probe_url(*options); }; });
}

}  // namespace meshdrill::cli
