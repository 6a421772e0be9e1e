#include "base/files.hpp"
#include "commands.hpp"
#include "drill/cluster.hpp"
#include "drill_run.hpp"
#include "exit_codes.hpp"
#include "kube/apply.hpp"
#include "lab/lab.hpp"
#include "lab/mesh_file.hpp"
#include "mesh/load.hpp"
#include "mesh/trust/trust_files.hpp"
#include "mesh/write/write_tree.hpp"
#include "mesh_access.hpp"
#include "probe/prober.hpp"
#include "probe/show/matrix.hpp"
#include "probe/statistics/summary.hpp"
#include "report/html_report.hpp"
#include "report/json_report.hpp"
#include "report/run_record.hpp"
#include "report/text_report.hpp"

#include <chrono>
#include <cstdio>
#include <exception>
#include <filesystem>
#include <memory>
#include <thread>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <fmt/format.h>

namespace meshdrill::cli {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr Duration look_around = 4s;  // the probe before the drill
constexpr Duration pods_patience = 30s;
// Longer than a lab Pod's grace of 400 ms: for the rest of it the others send to Pods that are gone, which
// users do notice.
constexpr Duration propagation = 700ms;

struct DemoFlags {
  int clusters = 2;
  std::string folder;
  std::vector<std::string> faults;
};

// The drill of the demo, as a user would write it; kept beside the journal, to be run again or changed.
std::string drill_file(const lab::Lab& lab) {
  return fmt::format(
      R"(# Takes every workload behind one Service of one cluster away, and asks what users saw.
apiVersion: meshdrill/v1
kind: Drill
metadata:
  name: demo
  description: {target}'s Pods go away; the other clusters must take over
mesh: mesh.yaml
target:
  cluster: {target}
  behind: {{service: {service}}}
fault: {{scale: 0}}
traffic:
  rate: 100/s
  connections: both
  dnsServers: ["{dns}"]
phases: {{baseline: 8s, fail: 15s, hold: 8s, restore: 30s, recovered: 8s}}
expect:
  baseline: {{everyClusterSeen: true, balance: {{tolerance: 15%}}, errors: <= 1%}}
  fail: {{outage: <= 1s}}
  hold: {{everyClusterSeen: true, targetShare: 0%, errors: <= 0.1%}}
  restore: {{outage: <= 1s}}
  recovered: {{everyClusterSeen: true, balance: {{tolerance: 15%}}, errors: <= 1%}}
guards:
  deadline: 2m
  abortIf: [{{errors: "> 80%", over: 5s}}]
)",
      fmt::arg("target", lab.clusters().front().name), fmt::arg("dns", lab.dns_server()),
      fmt::arg("service", qualified_name(*mesh::ingress_backend(lab.mesh()))));
}

void heading(int number, const std::string& text) {
  fmt::print("\n{}. {}\n", number, text);
  std::fflush(stdout);
}

Result<> generate(const mesh::Mesh& mesh, const fs::path& folder) {
  const Result<mesh::TrustMaterial> trust = mesh::make_trust(mesh);
  if (!trust) return tl::unexpected(trust.error());
  auto tree = mesh::StagedTree::stage(folder, mesh::render(mesh, *trust), false);
  if (!tree) return fail(tree.error().message);
  if (const auto done = tree->commit(); !done) return fail(done.error().message);
  for (const mesh::TreeChange& change : tree->changes())
    fmt::print("   {}\n", (folder / change.path).string());
  return {};
}

// One cluster after the other, each object in the order of the manifests.
Task<> apply_manifests(const std::vector<drill::Cluster>* clusters, const mesh::Mesh* mesh) {
  for (const drill::Cluster& cluster : *clusters) {
    for (const mesh::Cluster& member : mesh->clusters) {
      if (member.name != cluster.name) continue;
      const std::vector<boost::json::object> objects = mesh::manifests(*mesh, member);
      for (const boost::json::object& object : objects) {
        boost::json::value manifest(object);  // braces would make an array of it
        kube::ApplyOptions options;
        kube::ApiResult<boost::json::value> applied =
            co_await kube::apply(*cluster.client, manifest, options);
        if (!applied) throw std::runtime_error{to_string(applied.error())};
      }
      fmt::print("   {}: {} objects applied\n", cluster.name, objects.size());
    }
  }
}

Result<> install(const mesh::Mesh& mesh, const kube::Kubeconfig& kubeconfig) {
  asio::io_context io{1};
  Diagnostics notes;
  const auto clusters = drill::open_clusters(io.get_executor(), mesh, kubeconfig, notes);
  if (!clusters) return fail(to_string(clusters.error()));
  std::exception_ptr broken;
  asio::co_spawn(io, apply_manifests(&*clusters, &mesh),
                 [&](std::exception_ptr error) { broken = std::move(error); });
  io.run();
  try {
    if (broken) std::rethrow_exception(broken);
  } catch (const std::exception& error) {
    return fail(error.what());
  }
  return {};
}

Result<> look(const lab::Lab& lab) {
  probe::ProbeConfig config;
  config.url = lab.url();
  config.rate = 50;
  config.dns_servers = {lab.dns_server()};
  for (const lab::LabCluster& cluster : lab.clusters()) config.identify.clusters.push_back(cluster.name);
  std::vector<probe::Batch> batches;
  probe::Prober prober{config, [&](probe::Batch batch) { batches.push_back(std::move(batch)); }};
  const auto run = prober.start();
  if (!run) return fail(run.error().message);
  std::this_thread::sleep_for(look_around);
  if (const auto stopped = prober.stop(); !stopped) return stopped;
  probe::Summary summary{*run};
  for (const probe::Batch& batch : batches) summary.add(batch);
  fmt::print("{}", probe::matrix_text(summary.tally(), config.identify.clusters, "address"));
  return {};
}

Result<> set_faults(lab::Lab& lab, const std::vector<std::string>& faults) {
  for (const std::string& text : faults) {
    const auto fault = lab::parse_fault(text);
    if (!fault) return tl::unexpected(fault.error());
    if (const auto set = lab.set_fault(*fault); !set) return set;
    fmt::print("   {}: {}\n", text, lab::info_of(fault->kind).summary);
  }
  return {};
}

// The last step. Its exit code is the demo's.
Result<int> rehearse(const lab::Lab& lab, const fs::path& folder) {
  const std::string file = (folder / "drill.yaml").string();
  if (const auto written = write_file(file, drill_file(lab)); !written)
    return tl::unexpected(written.error());
  auto scenario = drill::read_scenario(file);
  if (!scenario) return fail(to_string(scenario.error()));
  auto mesh = mesh::load_mesh(folder / "mesh.yaml");
  if (!mesh) return fail(to_string(mesh.error()));
  auto kubeconfig = kube::load_kubeconfig({(folder / "kubeconfig").string(), "", ""});
  if (!kubeconfig) return fail(to_string(kubeconfig.error()));
  const fs::path journal = folder / "journal.jsonl";
  const int code = run_and_report(
      {std::move(*scenario), file, std::move(mesh->mesh), std::move(*kubeconfig), journal, {}});
  const auto run = report::read_run(journal);
  if (!run) return tl::unexpected(run.error());
  for (const auto& [name, text] :
       {std::pair{"report.txt", report::render_text(run->history, run->verdict, false)},
        std::pair{"report.json", report::render_json(run->history, run->verdict)},
        std::pair{"report.html", report::render_html(*run)}}) {
    if (const auto written = write_file(folder / name, text); !written)
      return tl::unexpected(written.error());
    fmt::print("Report:  {}\n", (folder / name).string());
  }
  return code;
}

Result<int> run_demo(const DemoFlags& flags, const fs::path& folder) {
  const auto wanted = lab::default_mesh(flags.clusters);
  if (!wanted) return tl::unexpected(wanted.error());
  heading(1, fmt::format("A lab of {} clusters on this machine's loopback addresses", flags.clusters));
  lab::LabOptions options;
  options.mesh = *wanted;
  options.apply_sample = false;
  options.timings.propagation = propagation;
  lab::Lab lab{options};
  if (const auto started = lab.start(); !started) return tl::unexpected(started.error());
  for (const lab::LabCluster& cluster : lab.clusters()) {
    fmt::print("   {}: API {}, ingress {}\n", cluster.name, cluster.api, cluster.ingress);
  }
  fmt::print("   DNS server {}, which answers for {}\n", lab.dns_server(), lab.url());
  fmt::print("   a change of one cluster reaches the others after {}\n", format_duration(propagation));
  if (const auto w = write_file(folder / "kubeconfig", lab.kubeconfig(), 0600); !w)
    return tl::unexpected(w.error());
  if (const auto w = write_file(folder / "mesh.yaml", lab::write_mesh_file(lab.mesh())); !w)
    return tl::unexpected(w.error());

  heading(2, fmt::format("What to install, generated from {}", (folder / "mesh.yaml").string()));
  const auto loaded = mesh::load_mesh(folder / "mesh.yaml");
  if (!loaded) return fail(to_string(loaded.error()));
  if (const auto done = generate(loaded->mesh, folder / "install"); !done)
    return tl::unexpected(done.error());

  heading(3, "The Services, Deployments and Ingress of it, applied through each cluster's API");
  auto kubeconfig = kube::load_kubeconfig({(folder / "kubeconfig").string(), "", ""});
  if (!kubeconfig) return fail(to_string(kubeconfig.error()));
  if (const auto done = install(loaded->mesh, *kubeconfig); !done) return tl::unexpected(done.error());
  if (!lab.wait_ready(pods_patience)) return fail("the lab's Pods did not become ready");
  if (!flags.faults.empty()) {
    heading(4, "Broken on purpose");
    if (const auto done = set_faults(lab, flags.faults); !done) return tl::unexpected(done.error());
  }

  heading(flags.faults.empty() ? 4 : 5,
          fmt::format("Who answers now: probing {} for {}", lab.url(), format_duration(look_around)));
  if (const auto done = look(lab); !done) return tl::unexpected(done.error());

  heading(flags.faults.empty() ? 5 : 6,
          fmt::format("The drill: {}'s Pods go away", lab.clusters().front().name));
  return rehearse(lab, folder);
}

int demo(const DemoFlags& flags) {
  for (const std::string& fault : flags.faults) {
    if (const auto parsed = lab::parse_fault(fault); !parsed) {
      fmt::print(stderr, "meshdrill: {}\n", parsed.error().message);
      return exit_usage;
    }
  }
  fs::path folder = flags.folder;
  if (flags.folder.empty()) {
    const auto made = make_temporary_folder("meshdrill-demo");
    if (!made) {
      fmt::print(stderr, "meshdrill: {}\n", made.error().message);
      return exit_usage;
    }
    folder = *made;
  } else {
    std::error_code error;
    fs::create_directories(folder, error);
    if (error || fs::exists(folder / "journal.jsonl")) {
      fmt::print(stderr, "meshdrill: {} {}\n", folder.string(),
                 error ? "cannot be made: " + error.message()
                       : "holds the journal of an earlier demo; choose another folder");
      return exit_usage;
    }
  }
  const auto code = run_demo(flags, folder);
  if (code) return *code;
  fmt::print(stderr, "meshdrill: {}\n", code.error().message);
  return exit_failed;
}

}  // namespace

void add_demo(CLI::App& app, Run& run) {
  CLI::App* verb =
      app.add_subcommand("demo", "Run the whole job on an embedded lab: generate, install, probe, drill");
  const auto flags = std::make_shared<DemoFlags>();
  verb->add_option("--clusters", flags->clusters, "How many clusters the mesh has")
      ->check(CLI::Range(2, 20))
      ->capture_default_str();
  verb->add_option("--dir", flags->folder,
                   "Where to write everything; by default a fresh folder for temporary files")
      ->type_name("FOLDER");
  std::string names;
  for (const lab::FaultInfo& info : lab::fault_table())
    names += fmt::format("{}{}", names.empty() ? "" : ", ", info.name);
  verb->add_option("--fault", flags->faults,
                   "Break the lab before the drill, NAME[=DURATION][@CLUSTER]: " + names)
      ->type_name("FAULT")
      ->take_all();
  verb->callback([&run, flags] { run = [flags] { return demo(*flags); }; });
}

}  // namespace meshdrill::cli
