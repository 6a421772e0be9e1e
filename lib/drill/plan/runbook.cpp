#include "drill/plan/runbook.hpp"

#include "base/text.hpp"
#include "drill/plan/runbook_parts.hpp"
#include "drill/verdict/fault_class.hpp"

namespace meshdrill::drill {

Runbook::Runbook(const Scenario& scenario, const mesh::Mesh& mesh, std::string drill_file)
    : scenario_(scenario), mesh_(mesh), drill_file_(std::move(drill_file)) {
  for (const mesh::Cluster& cluster : mesh.clusters) {
    if (cluster.name == scenario.target.cluster) context_ = cluster.context;
  }
}

std::string Runbook::text() {
  head();
  before();
  if (scenario_.fault.kind == Fault::Kind::none) {
    steady_state();
    end();
    return std::move(text_);
  }
  steady_state();
  fault();
  hold();
  restore();
  recovered();
  end();
  return std::move(text_);
}

void Runbook::command(const std::string& command) {
  text_ += "```sh\n" + command + "\n```\n";
}

std::string Runbook::kubectl(const std::string& context, const std::string& rest) {
  return fmt::format("kubectl --context {} {}", shell_quote(context), rest);
}

std::string Runbook::at_target(const std::string& rest) const {
  return kubectl(context_, rest);
}

std::string Runbook::service_ns() const {
  const Target& target = scenario_.target;
  return target.ingress ? target.ingress->ns : target.service.ns;
}

std::string Runbook::url() const {
  return scenario_.traffic.url.empty() ? mesh::url(mesh_) : scenario_.traffic.url;
}

std::string Runbook::floor_text() const {
  const Amount& floor = scenario_.guards.min_ready_elsewhere;
  return floor.share ? fmt::format("{} of the target's", to_string(floor)) : to_string(floor);
}

void Runbook::head() {
  line("# Drill {}: {} of {}", scenario_.name, fault_class(scenario_.fault), scenario_.target.cluster);
  blank();
  if (!scenario_.description.empty()) line("{}\n", scenario_.description);
  if (!scenario_.runbook.empty()) line("More about it: {}\n", scenario_.runbook);
  line("This is what `meshdrill drill run {}` does, to be done by hand.", shell_quote(drill_file_));
  line("{}", scenario_.fault.kind == Fault::Kind::none ? "It changes nothing."
                                                       : "Write down every value that a step asks for: the "
                                                         "restore puts back what was found, nothing else.");
  blank();
  line("| cluster | context | role |");
  line("|---|---|---|");
  for (const mesh::Cluster& cluster : mesh_.clusters) {
    line("| {} | {} | {} |", cluster.name, cluster.context,
         cluster.name == scenario_.target.cluster ? "target" : "must take over");
  }
  blank();
  const bool changes = scenario_.fault.kind != Fault::Kind::none;
  line("{}", changes ? "Stop and go to *Restore* at once when:" : "Stop at once when:");
  blank();
  const Guards& guards = scenario_.guards;
  line("- {} have passed since the first step,", format_duration(guards.deadline));
  for (const AbortRule& rule : guards.abort_if)
    line("- more than {:g} % of the requests fail over {},", rule.errors * 100, format_duration(rule.over));
  line("- the other clusters have fewer than {} ready endpoints together{}", floor_text(),
       changes ? "," : ".");
  if (changes) line("- somebody else changes what you changed.");
  blank();
}

void Runbook::steady_state() {
  line("## 2. The steady state");
  blank();
  line("For {}, ask each ingress address and the name itself, {:g} times a second each:",
       format_duration(scenario_.phases.baseline), scenario_.traffic.rate);
  probe();
  expectations(Phase::baseline);
  if (scenario_.fault.kind != Fault::Kind::none)
    line("If this does not hold, stop here: nothing was changed.");
  blank();
}

void Runbook::probe() {
  std::string servers;
  for (const std::string& server : scenario_.traffic.dns_servers)
    servers += " --dns-server " + shell_quote(server);
  command(
      fmt::format("meshdrill probe {} --rate {:g}{}", shell_quote(url()), scenario_.traffic.rate, servers));
}

void Runbook::expectations(Phase phase) {
  const Expectation& expect = scenario_.expected(phase);
  line("Expected:");
  blank();
  if (expect.min_samples) line("- at least {} requests were sent", *expect.min_samples);
  if (expect.every_cluster_seen)
    line("- every cluster {}answered",
         phase == Phase::hold && scenario_.fault.silences_target() ? "but the target " : "");
  for (const std::string& name : expect.survivors) line("- {} answered", name);
  if (expect.balance)
    line("- behind each address, the shares of connections follow the ready endpoints within {:g} points",
         expect.balance->tolerance * 100);
  if (expect.target_share)
    line("- at most {:g} % of the answers came from the target", *expect.target_share * 100);
  if (expect.errors) line("- at most {:g} % of the requests failed", *expect.errors * 100);
  if (expect.client_errors)
    line("- at most {:g} % of the requests that follow DNS failed", *expect.client_errors * 100);
  if (expect.outage) line("- no outage was longer than {}", format_duration(*expect.outage));
  if (expect.latency_p50)
    line("- the median latency is at most {:g} times that of before", *expect.latency_p50);
  if (expect.latency_p99) line("- the P99 latency is at most {:g} times that of before", *expect.latency_p99);
  times(expect);
  blank();
}

void Runbook::times(const Expectation& expect) {
  const auto within = [&](const std::optional<Duration>& limit, const char* what) {
    if (limit) line("- {} within {}", what, format_duration(*limit));
  };
  within(expect.effect_within, "the effect shows in the API");
  within(expect.drained_within, "the last answer of the target comes");
  within(expect.ready_within, "the Pods are ready again");
  within(expect.seen_within, "the target answers again");
}

void Runbook::hold() {
  line("## 4. While it lasts");
  blank();
  line("For {}, watch the probe.", format_duration(scenario_.phases.hold));
  blank();
  expectations(Phase::hold);
}

void Runbook::recovered() {
  line("## 6. As it was");
  blank();
  line("For {}, watch the probe, then end it.", format_duration(scenario_.phases.recovered));
  blank();
  expectations(Phase::recovered);
}

void Runbook::end() {
  line("## What this does not prove");
  blank();
  for (const std::string& sentence : not_proved(scenario_.fault)) line("- {}", sentence);
}

std::string write_runbook(const Scenario& scenario, const mesh::Mesh& mesh, const std::string& drill_file) {
  return Runbook{scenario, mesh, drill_file}.text();
}

}  // namespace meshdrill::drill
