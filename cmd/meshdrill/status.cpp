#include "commands.hpp"
#include "exit_codes.hpp"
#include "mesh_access.hpp"
#include "option_values.hpp"
#include "status/json.hpp"
#include "status/text.hpp"
#include "status_run.hpp"
#include "terminal.hpp"

#include <chrono>
#include <cstdio>
#include <memory>
#include <optional>
#include <thread>

#include <boost/json/serialize.hpp>
#include <fmt/chrono.h>
#include <fmt/format.h>

namespace meshdrill::cli {
namespace {

struct StatusCommand {
  StatusOptions read;
  std::string output = "text";
  bool wait = false;
  Duration timeout = std::chrono::minutes{5};
  bool watch = false;
  Duration interval = std::chrono::seconds{5};
};

int exit_code(status::Outcome outcome) {
  switch (outcome) {
    case status::Outcome::healthy:
      return exit_pass;
    case status::Outcome::unhealthy:
      return exit_failed;
    case status::Outcome::unknown:
      return exit_inconclusive;
  }
  return exit_inconclusive;
}

std::string render(const StatusCommand& command, const StatusRound& round) {
  if (command.output == "json") {
    return boost::json::serialize(status::to_json(round.mesh, round.findings)) + "\n";
  }
  return status::render_text(round.mesh, round.findings, wants_colour(stdout));
}

// Again and again until the mesh is healthy or the time is up; what is still wrong is said on the way.
StatusRound wait_until_healthy(const StatusCommand& command, StatusSession& session) {
  const auto deadline = std::chrono::steady_clock::now() + command.timeout;
  std::string said;
  while (true) {
    StatusRound round = session.read();
    const auto now = std::chrono::steady_clock::now();
    if (status::outcome_of(round.findings) == status::Outcome::healthy || now >= deadline) return round;
    if (std::string text = status::summary(round.mesh, round.findings); text != said) {
      fmt::print(stderr, "{} Waiting.\n", text);
      said = std::move(text);
    }
    std::this_thread::sleep_for(std::min<Duration>(command.interval, deadline - now));
  }
}

// Until a signal ends the process. On a terminal the newest takes the place of the last; elsewhere it is
// printed when it differs.
void watch(const StatusCommand& command, StatusSession& session) {
  const bool screen = command.output == "text" && is_terminal(stdout);
  std::string before;
  while (true) {
    const StatusRound round = session.read();
    const std::string text = render(command, round);
    const auto now = std::chrono::system_clock::to_time_t(round.mesh.now);
    if (screen) {
      fmt::print("\033[H\033[2J{:%H:%M:%S}, every {}; Ctrl-C ends it.\n\n{}", fmt::localtime(now),
                 format_duration(command.interval), text);
    } else if (command.output == "json") {
      fmt::print("{}", text);
    } else if (text != before) {
      fmt::print("{:%Y-%m-%d %H:%M:%S}\n{}\n", fmt::localtime(now), text);
    }
    std::fflush(stdout);
    before = text;
    std::this_thread::sleep_for(command.interval);
  }
}

int run_status(const StatusCommand& command) {
  if (command.wait && command.watch) {
    fmt::print(stderr,
               "meshdrill: --wait ends when the mesh is healthy and --watch never does: choose one\n");
    return exit_usage;
  }
  const auto session = StatusSession::open(command.read);
  if (!session) return exit_usage;
  if (command.watch) {
    watch(command, *session);
    return exit_pass;
  }
  const StatusRound round = command.wait ? wait_until_healthy(command, *session) : session->read();
  std::fputs(render(command, round).c_str(), stdout);
  return exit_code(status::outcome_of(round.findings));
}

}  // namespace

void add_status(CLI::App& app, Run& run) {
  CLI::App* verb =
      app.add_subcommand("status", "Read every cluster of a live mesh and say what is wrong with it");
  const auto command = std::make_shared<StatusCommand>();
  StatusOptions& read = command->read;
  verb->add_option("-f,--file", read.mesh_file, "The mesh file: which clusters, and what they should be")
      ->type_name("FILE");
  verb->add_option("--context", read.contexts,
                   "A cluster, by its context, where there is no file; repeat. By default the current one")
      ->type_name("NAME");
  add_kubeconfig(*verb, read.kubeconfig);
  verb->add_option("-n,--namespace", read.kube_namespace,
                   "Where Cilium runs; by default what the file says, or kube-system");
  verb->add_option("-o,--output", command->output, "text, or json for programs")
      ->check(CLI::IsMember({"text", "json"}))
      ->capture_default_str();
  verb->add_flag("--dial", read.live.dial, "Shake hands with the peers' etcd from here, too");
  verb->add_flag("--wait", command->wait, "Read again until the mesh is healthy, or until --timeout");
  add_duration(*verb, "--timeout", command->timeout, "How long --wait waits");
  verb->add_flag("--watch", command->watch, "Read again and again until Ctrl-C");
  add_duration(*verb, "--interval", command->interval, "Pause between two readings with --wait and --watch");
  add_duration(*verb, "--request-timeout", read.live.timeout, "Of each request to an API server");
  auto* dns = verb->add_option_group("DNS");
  dns->add_option("--dns-server", read.dns.servers,
                  "Ask this server instead of those of /etc/resolv.conf; repeat")
      ->type_name("ADDRESS[:PORT]");
  dns->add_option("--authority-port", read.dns.authority_port, "Where the servers of the name's zone listen")
      ->capture_default_str();
  dns->add_flag("!--no-dns", read.dns.ask, "Ask no DNS server");
  verb->footer(
      "Exit codes: 0 healthy, 1 errors found, 2 wrong usage, 6 could not tell. docs/reference/status.md has "
      "every rule; docs/rbac.md has the rights that it needs.");
  verb->callback([&run, command] { run = [command] { return run_status(*command); }; });
}

}  // namespace meshdrill::cli
