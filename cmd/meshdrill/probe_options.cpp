#include "probe_options.hpp"

#include "option_values.hpp"
#include "probe_streams.hpp"
#include "request_options.hpp"

namespace meshdrill::cli {
namespace {

void declare_target(CLI::App& command, ProbeOptions& options) {
  probe::ProbeConfig& config = options.config;
  command.add_option(
      "url", config.url,
      "What to ask for: http://, https:// or tcp://HOST:PORT; with --mesh the mesh's, if left out");
  command
      .add_option(
          "--mesh", options.mesh_file,
          "Mesh file: its clusters may answer, its ingress addresses are pinned, its URL is the default")
      ->type_name("FILE");
  command
      .add_option("--dns-server", config.dns_servers,
                  "ADDRESS[:PORT] to ask instead of the system's; may be repeated")
      ->take_all();
}

void declare_schedule(CLI::App& command, ProbeOptions& options) {
  probe::ProbeConfig& config = options.config;
  const std::string group = "Schedule";
  add_rate(command, config);
  command
      .add_option(
          "--duration", options.duration_text,
          "How long; 0 until Ctrl-C. By default 10s, but 10m with --until-sure and no end with --requests")
      ->type_name("DURATION")
      ->group(group);
  command.add_option("--requests", config.requests, "End when each stream has sent this many")->group(group);
  command
      .add_flag("--until-sure", options.until_sure,
                "End as soon as it is certain whether the traffic is balanced; expects that it is")
      ->group(group);
  add_duration(command, "--stall-after", config.stall_after, "The prober was held up when it ran this late")
      ->group(group);
  command.add_option("--jitter", config.jitter, "Move each start by up to this part of the period, 0 to 0.5")
      ->group(group);
  command
      .add_option("--connections", options.connections,
                  "new: a connection for each request; reused: a kept one; both: streams of either kind")
      ->delimiter(',')
      ->capture_default_str()
      ->group(group);
}

void declare_identity(CLI::App& command, ProbeOptions& options) {
  probe::IdentifyRule& rule = options.config.identify;
  const std::string group = "Who answered";
  command
      .add_option("--clusters", rule.clusters, "The clusters that may answer; any other name is a failure")
      ->delimiter(',')
      ->group(group);
  command
      .add_option("--identify", rule.regex,
                  "Regular expression over the body; its capture is the cluster's name")
      ->capture_default_str()
      ->group(group);
  command
      .add_option("--identify-header", rule.header, "Header of the answer whose value is the cluster's name")
      ->type_name("NAME")
      ->group(group);
  command
      .add_option("--identify-json", rule.json_pointer,
                  "JSON pointer into the body to the cluster's name, like /meta/cluster")
      ->type_name("POINTER")
      ->group(group);
  command
      .add_option("--identify-address", options.address_names,
                  "This address is this cluster, whatever it says; may be repeated")
      ->type_name("ADDRESS=CLUSTER")
      ->take_all()
      ->group(group);
  command
      .add_flag("--identify-by-address", options.by_address, "The same, for the ingress addresses of --mesh")
      ->group(group);
}

void declare_timeouts(CLI::App& command, probe::ProbeConfig& config) {
  const std::string group = "Time-outs";
  probe::Timeouts& timeouts = config.timeouts;
  add_duration(command, "--timeout", timeouts.total, "Of a request as a whole")->group(group);
  add_duration(command, "--dns-timeout", timeouts.dns, "Of a lookup")->group(group);
  add_duration(command, "--connect-timeout", timeouts.connect,
               "Of connecting; from 1s on, a SYN that was lost and repeated can pass for success")
      ->group(group);
  add_duration(command, "--tls-timeout", timeouts.tls, "Of the TLS handshake")->group(group);
  add_duration(command, "--first-byte-timeout", timeouts.first_byte,
               "From the request to the first byte of the answer")
      ->group(group);
}

void declare_tls(CLI::App& command, probe::ProbeConfig& config) {
  command.add_option("--cacert", config.ca_file, "PEM file to trust instead of the system's authorities")
      ->type_name("FILE")
      ->group("TLS");
}

void declare_judgement(CLI::App& command, ProbeOptions& options) {
  const std::string group = "Judgement";
  command
      .add_option(
          "--expect", options.conditions,
          "What must hold, like \"availability >= 99.9%\", \"p99 <= 200ms\", \"share(NAME) = 50% ± 10%\", "
          "\"everyone seen\", \"outage <= 1s\"; may be repeated, and decides the exit code")
      ->take_all()
      ->type_name("CONDITION")
      ->group(group);
  command
      .add_option("--weights", options.weights,
                  "Expected shares, relative to each other, like a=2,b=1; else equal")
      ->delimiter(',')
      ->type_name("CLUSTER=WEIGHT")
      ->group(group);
  command
      .add_option("--tolerance", options.tolerance_points,
                  "Points by which a share may differ and be called balanced")
      ->check(CLI::Range(0.1, 99.0))
      ->capture_default_str()
      ->group(group);
  command
      .add_option("--confidence", options.confidence_percent, "Of every interval and verdict, in per cent")
      ->check(CLI::Range(51.0, 99.9999))
      ->capture_default_str()
      ->group(group);
}

void declare_output(CLI::App& command, ProbeOptions& options) {
  const std::string group = "Output";
  command.add_option("-o,--output", options.output, "text or json")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str()
      ->group(group);
  command
      .add_option("--csv", options.csv_file,
                  "Write a row for each 100 ms, stream, outcome, HTTP status and cluster")
      ->type_name("FILE")
      ->group(group);
  command
      .add_option("--prometheus", options.prometheus_file,
                  "Write metrics for the text-file collector, every 10 s and at the end")
      ->type_name("FILE")
      ->group(group);
  command.add_option("--listen", options.listen, "Serve the metrics at http://ADDRESS:PORT/metrics")
      ->type_name("ADDRESS:PORT")
      ->group(group);
  command.add_flag("-q,--quiet", options.quiet, "Say nothing while it runs")->group(group);
}

}  // namespace

void declare_probe_options(CLI::App& command, ProbeOptions& options) {
  declare_target(command, options);
  declare_schedule(command, options);
  add_stream_options(command, options.config);
  declare_identity(command, options);
  declare_timeouts(command, options.config);
  declare_tls(command, options.config);
  add_request_options(command, options.config);
  declare_judgement(command, options);
  declare_output(command, options);
}

}  // namespace meshdrill::cli
