#include "drill_plan.hpp"

#include "base/text.hpp"
#include "drill/plan/plan.hpp"
#include "drill/run/engine.hpp"
#include "drill/verdict/fault_class.hpp"
#include "exit_codes.hpp"
#include "mesh_access.hpp"

#include <algorithm>
#include <cstdio>
#include <exception>

#include <boost/asio/co_spawn.hpp>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>
#include <fmt/format.h>

namespace meshdrill::cli {
namespace {

namespace json = boost::json;

const char* mark(const drill::Finding& finding) {
  if (!finding.ok) return "REFUSED";
  return finding.warning ? "warning" : "ok";
}

void print_text(const drill::Plan& plan, const drill::Scenario& run) {
  fmt::print("Plan of {}: {} of {}\n", run.name, drill::fault_class(run.fault), plan.cluster);
  if (!plan.user.empty()) fmt::print("In {} you are {}\n", plan.cluster, plan.user);
  fmt::print("\nPreflight\n");
  for (const drill::Finding& finding : plan.preflight.findings)
    fmt::print("  {:<8} {:<12} {}\n", mark(finding), finding.check, printable(finding.message));
  if (!plan.writes.empty()) fmt::print("\nEvery write, in this order\n");
  int number = 0;
  for (const drill::PlannedWrite& write : plan.writes) {
    fmt::print("  {:>2}. {:<10} {}: {}\n", ++number, write.phase, write.cluster, write.what);
    fmt::print("      {} {}\n", write.right, write.allowed ? "(allowed)" : "(NOT ALLOWED)");
    if (!write.command.empty()) fmt::print("      {}\n", write.command);
  }
  if (!plan.restore_commands.empty()) fmt::print("\nTo undo it by hand\n");
  for (const std::string& command : plan.restore_commands) fmt::print("  {}\n", command);
  if (!plan.restore_commands.empty())
    fmt::print("  or, from any machine: meshdrill recover -f {}\n", shell_quote(run.mesh_file.string()));
  fmt::print("\n{}\n", plan.preflight.ok() ? "Nothing forbids it. The baseline has to hold as well."
                                           : "It would be REFUSED.");
}

json::object to_json(const drill::Plan& plan, const drill::Scenario& run) {
  json::array findings;
  for (const drill::Finding& finding : plan.preflight.findings) {
    findings.push_back({{"check", finding.check},
                        {"ok", finding.ok},
                        {"warning", finding.warning},
                        {"message", finding.message}});
  }
  json::array writes;
  for (const drill::PlannedWrite& write : plan.writes) {
    writes.push_back({{"phase", write.phase},
                      {"cluster", write.cluster},
                      {"what", write.what},
                      {"right", write.right},
                      {"allowed", write.allowed},
                      {"command", write.command}});
  }
  json::array restore(plan.restore_commands.begin(), plan.restore_commands.end());
  return {{"drill", run.name},           {"faultClass", drill::fault_class(run.fault)},
          {"cluster", plan.cluster},     {"user", plan.user},
          {"ok", plan.preflight.ok()},   {"preflight", std::move(findings)},
          {"writes", std::move(writes)}, {"restore", std::move(restore)}};
}

drill::Plan plan_of(const LoadedDrill& loaded, const drill::Scenario& run, asio::io_context& io,
                    const std::vector<drill::Cluster>& clusters) {
  drill::Plan plan;
  std::exception_ptr broken;
  io.restart();
  asio::co_spawn(io, drill::make_plan(clusters, run, loaded.mesh),
                 [&](std::exception_ptr error, drill::Plan made) {
                   broken = std::move(error);
                   plan = std::move(made);
                 });
  io.run();
  if (broken) std::rethrow_exception(broken);
  return plan;
}

}  // namespace

int print_plans(const LoadedDrill& loaded, const kube::Kubeconfig& kubeconfig, const std::string& output) {
  asio::io_context io{1};
  Diagnostics notes;
  const auto clusters = drill::open_clusters(io.get_executor(), loaded.mesh, kubeconfig, notes);
  print(clusters ? notes : clusters.error());
  if (!clusters) return exit_usage;
  bool ok = true;
  json::array plans;
  for (const drill::Scenario& run : drill::runs_of(loaded.scenario, loaded.mesh)) {
    const drill::Plan plan = plan_of(loaded, run, io, *clusters);
    ok = ok && plan.preflight.ok();
    if (output == "json") {
      plans.emplace_back(to_json(plan, run));
    } else {
      print_text(plan, run);
    }
  }
  if (output == "json") {
    const json::object document{{"schema", 1}, {"ok", ok}, {"plans", std::move(plans)}};
    fmt::print("{}\n", json::serialize(document));
  }
  return ok ? exit_pass : exit_refused;
}

}  // namespace meshdrill::cli
