#include "base/text.hpp"
#include "commands.hpp"
#include "drill/safety/recovery.hpp"
#include "exit_codes.hpp"
#include "mesh_access.hpp"
#include "terminal.hpp"

#include <algorithm>
#include <cstdio>
#include <memory>
#include <set>
#include <string>

#include <fmt/format.h>

namespace meshdrill::cli {
namespace {

struct RecoverFlags {
  std::string mesh;
  std::string kubeconfig;
  bool forget = false;
};

int exit_code_of(const std::vector<drill::Recovery>& recoveries) {
  const auto any = [&](drill::Recovery::Outcome outcome) {
    return std::any_of(recoveries.begin(), recoveries.end(),
                       [&](const drill::Recovery& r) { return r.outcome == outcome; });
  };
  if (any(drill::Recovery::Outcome::failed)) return exit_not_restored;
  return any(drill::Recovery::Outcome::alive) ? exit_refused : exit_pass;
}

void show(std::FILE* stream, const drill::Recovery& recovery) {
  fmt::print(stream, "{}: {}: {}\n", recovery.cluster, to_string(recovery.outcome), recovery.message);
  std::fflush(stream);
}

int recover(const RecoverFlags& flags) {
  const auto mesh = load_mesh_or_explain(flags.mesh);
  if (!mesh) return exit_usage;
  const auto kubeconfig = load_kubeconfig_or_explain(flags.kubeconfig);
  if (!kubeconfig) return exit_usage;
  asio::io_context io{1};
  Diagnostics notes;
  const auto clusters = drill::open_clusters(io.get_executor(), *mesh, *kubeconfig, notes);
  print(clusters ? notes : clusters.error());
  if (!clusters) return exit_usage;
  drill::RecoverOptions options;
  options.talk = [](const std::string& text) { fmt::print(stderr, "{}\n", text); };
  options.forget = flags.forget;
  // Results are for stdout. Where that is redirected, they are progress as well; else they would be seen
  // twice.
  const bool once = same_place(stdout, stderr);
  std::set<std::string> shown;
  options.done = [&](const drill::Recovery& recovery) {
    show(once ? stdout : stderr, recovery);
    if (once) shown.insert(recovery.cluster);
  };
  const std::vector<drill::Recovery> recoveries = drill::recover_now(io, *clusters, std::move(options));
  for (const drill::Recovery& recovery : recoveries) {
    if (!shown.contains(recovery.cluster)) show(stdout, recovery);
  }
  return exit_code_of(recoveries);
}

}  // namespace

void add_recover(CLI::App& app, Run& run) {
  CLI::App* verb = app.add_subcommand("recover", "Put back what an interrupted drill left, from any machine");
  const auto flags = std::make_shared<RecoverFlags>();
  verb->add_option("-f,--mesh", flags->mesh, "The mesh file")->required()->type_name("FILE");
  add_kubeconfig(*verb, flags->kubeconfig);
  verb->add_flag(
      "--forget", flags->forget,
      "Put nothing back: what is there now is what is wanted. Only gives the lock up and drops the record");
  verb->callback([&run, flags] { run = [flags] { return recover(*flags); }; });
}

}  // namespace meshdrill::cli
