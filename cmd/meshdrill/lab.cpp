#include "lab/lab.hpp"

#include "base/files.hpp"
#include "base/text.hpp"
#include "commands.hpp"
#include "exit_codes.hpp"
#include "lab/control_socket.hpp"
#include "lab/mesh_file.hpp"
#include "mesh/load.hpp"

#include <csignal>
#include <cstdio>
#include <filesystem>
#include <memory>

#include <boost/json/parse.hpp>
#include <fmt/format.h>

namespace meshdrill::cli {
namespace {

namespace json = boost::json;
namespace fs = std::filesystem;

struct UpOptions {
  int clusters = 2;
  std::string file;
  std::string folder = "lab";
  std::uint16_t dns_port = 0;
  std::vector<std::string> faults;
  std::string propagation;
  bool ipv6 = false;
  bool empty = false;
};

struct FaultOptions {
  std::string fault;
  bool off = false;
  std::string folder = "lab";
};

int complain(const std::string& message, int code = exit_usage) {
  fmt::print(stderr, "meshdrill: {}\n", printable(message));
  return code;
}

fs::path socket_in(const std::string& folder) {
  return fs::path(folder) / "control.sock";
}

Result<lab::LabOptions> lab_options(const UpOptions& options) {
  lab::LabOptions result;
  if (options.file.empty()) {
    auto mesh = lab::default_mesh(options.clusters);
    if (!mesh) return tl::unexpected(mesh.error());
    result.mesh = std::move(*mesh);
  } else {
    auto loaded = mesh::load_mesh(options.file);
    std::fputs(to_string(loaded ? loaded->findings : loaded.error()).c_str(), stderr);
    if (!loaded) return fail(options.file + " cannot be used");
    result.mesh = std::move(loaded->mesh);
  }
  for (const std::string& text : options.faults) {
    auto fault = lab::parse_fault(text);
    if (!fault) return tl::unexpected(fault.error());
    result.faults.push_back(std::move(*fault));
  }
  if (!options.propagation.empty()) {
    const auto delay = parse_duration(options.propagation);
    if (!delay) return tl::unexpected(delay.error());
    result.timings.propagation = *delay;
  }
  result.dns_port = options.dns_port;
  result.ipv6 = options.ipv6;
  result.apply_sample = !options.empty;
  return result;
}

constexpr std::string_view mark = "# Written by `meshdrill lab up`.\n";

// Replaces what an earlier lab wrote, and nothing else.
Result<> write_ours(const fs::path& path, const std::string& content, unsigned mode) {
  if (fs::exists(path)) {
    const auto before = read_file(path);
    if (!before) return tl::unexpected(before.error());
    if (!before->starts_with(mark))
      return fail(path.string() + ": not written by a lab; choose another --dir");
  }
  return write_file(path, std::string(mark) + content, mode);
}

Result<> write_files(const lab::Lab& lab, const fs::path& folder) {
  if (auto written = write_ours(folder / "kubeconfig", lab.kubeconfig(), 0600); !written) return written;
  return write_ours(folder / "mesh.yaml", lab::write_mesh_file(lab.mesh()), 0644);
}

void introduce(const lab::Lab& lab, const UpOptions& options) {
  const fs::path folder = fs::absolute(options.folder).lexically_normal();
  const std::string& server = lab.dns_server();
  const auto colon = server.rfind(':');
  const mesh::Ingress& ingress = *lab.mesh().ingress;
  fmt::print("The lab is up: {}, on loopback addresses of this machine.\n\n",
             plural(lab.clusters().size(), "cluster"));
  for (const lab::LabCluster& cluster : lab.clusters()) {
    fmt::print("  {}  API {}  ingress {}:{}\n", cluster.context, cluster.api, cluster.ingress, ingress.port);
  }
  fmt::print("\n  URL         {}\n  DNS server  {}\n  mesh file   {}\n\n", lab.url(), server,
             (folder / "mesh.yaml").string());
  fmt::print("In another terminal:\n\n");
  fmt::print("  export KUBECONFIG={}\n", shell_quote((folder / "kubeconfig").string()));
  fmt::print("  kubectl --context {} get pods\n", shell_quote(lab.clusters().front().context));
  fmt::print("  dig +short @{} -p {} {}\n", server.substr(0, colon), server.substr(colon + 1), ingress.host);
  fmt::print("  curl --resolve {}:{}:{} {}\n", ingress.host, ingress.port, lab.clusters().front().ingress,
             lab.url());
  fmt::print("  meshdrill lab fault ingress-down@{} --dir {}\n\n", lab.mesh().clusters.front().name,
             shell_quote(folder.string()));
  fmt::print("Ctrl-C ends it.\n");
  std::fflush(stdout);
}

// Blocked in every thread from now on, so that only wait_for_signal() sees them.
sigset_t block_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGINT);
  sigaddset(&signals, SIGTERM);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  return signals;
}

int wait_for_signal(const sigset_t& signals) {
  int signal = 0;
  while (sigwait(&signals, &signal) != 0) continue;
  return signal;
}

int up(const UpOptions& options) {
  auto wanted = lab_options(options);
  if (!wanted) return complain(wanted.error().message);
  std::error_code error;
  const fs::path folder(options.folder);
  fs::create_directories(folder, error);
  if (error) return complain(fmt::format("{}: cannot make the folder: {}", options.folder, error.message()));

  const sigset_t signals = block_signals();
  lab::Lab lab(std::move(*wanted));
  if (auto started = lab.start(); !started) return complain(started.error().message);
  if (auto open = lab.open_control_socket(socket_in(options.folder)); !open)
    return complain(open.error().message);
  if (auto written = write_files(lab, folder); !written) return complain(written.error().message);
  introduce(lab, options);
  wait_for_signal(signals);
  lab.stop();
  fs::remove(folder / "kubeconfig", error);  // its keys open nothing any more
  return exit_pass;
}

// The answer of the lab in `folder` to a command; complaints are printed.
std::optional<json::object> ask(const std::string& folder, const std::string& command) {
  const auto answer = lab::ask_control_socket(socket_in(folder), command);
  if (!answer) {
    complain(answer.error().message);
    return std::nullopt;
  }
  boost::system::error_code bad;
  const json::value value = json::parse(*answer, bad);
  if (bad || !value.is_object()) {
    complain("the lab gave an answer that is no JSON");
    return std::nullopt;
  }
  const json::object& object = value.get_object();
  if (const json::value* why = object.if_contains("error"); why != nullptr && why->is_string()) {
    complain(std::string(why->get_string()));
    return std::nullopt;
  }
  return object;
}

int change_fault(const FaultOptions& options) {
  const auto answer = ask(options.folder, (options.off ? "clear " : "set ") + options.fault);
  return answer ? exit_pass : exit_usage;
}

int status(const std::string& folder) {
  const auto answer = ask(folder, "status");
  if (!answer) return exit_usage;
  const auto text = [](const json::object& object, std::string_view key) {
    const json::value* value = object.if_contains(key);
    return value != nullptr && value->is_string() ? printable(value->get_string()) : std::string();
  };
  for (const json::value& item : answer->at("clusters").as_array()) {
    const json::object& cluster = item.as_object();
    fmt::print("{}  API {}  ingress {}\n", text(cluster, "context"), text(cluster, "api"),
               text(cluster, "ingress"));
  }
  fmt::print("URL         {}\nDNS server  {}\n", text(*answer, "url"), text(*answer, "dnsServer"));
  const json::array& faults = answer->at("faults").as_array();
  if (faults.empty()) fmt::print("faults      none\n");
  for (const json::value& fault : faults) fmt::print("fault       {}\n", printable(fault.as_string()));
  return exit_pass;
}

std::string_view value_form(lab::FaultInfo::Value value) {
  switch (value) {
    case lab::FaultInfo::Value::none:
      return "";
    case lab::FaultInfo::Value::duration:
      return "=DURATION";
    case lab::FaultInfo::Value::number:
      return "=NUMBER";
    case lab::FaultInfo::Value::writes:
      break;
  }
  return "[=WRITES]";
}

std::string fault_help() {
  std::string text = "Faults:\n";
  for (const lab::FaultInfo& info : lab::fault_table()) {
    text +=
        fmt::format("  {:<28} {}\n", fmt::format("{}{}", info.name, value_form(info.value)), info.summary);
  }
  return text +
         "WRITES says which, and how many: leases, 3, deployments/scale*2, any*all.\n"
         "Each may end in @CLUSTER; without it, it is for all clusters.\n";
}

}  // namespace

void add_lab(CLI::App& app, Run& run) {
  CLI::App* lab = app.add_subcommand("lab", "Embedded clusters on loopback, for rehearsal");
  lab->require_subcommand(1);

  const auto up_options = std::make_shared<UpOptions>();
  CLI::App* up_command = lab->add_subcommand("up", "Start a lab, and run until Ctrl-C");
  CLI::Option* count =
      up_command->add_option("--clusters", up_options->clusters, "How many clusters, 1 to 60")
          ->capture_default_str();
  up_command->add_option("-f,--file", up_options->file, "The mesh file to take the clusters from")
      ->type_name("FILE")
      ->excludes(count);
  up_command->add_option("--dir", up_options->folder, "Where kubeconfig and mesh file are written")
      ->type_name("FOLDER")
      ->capture_default_str();
  up_command->add_option("--dns-port", up_options->dns_port, "Port of the DNS server; 0: any free one");
  up_command
      ->add_option("--propagation", up_options->propagation,
                   "How long a change takes to reach the other clusters [150ms]")
      ->type_name("DURATION");
  up_command->add_flag("--ipv6", up_options->ipv6, "AAAA records too (IPv4-mapped)");
  up_command->add_flag("--empty", up_options->empty, "Apply nothing: no Service, Deployment or Ingress");
  up_command->add_option("--fault", up_options->faults, "A fault to start with; may be repeated")
      ->type_name("FAULT");
  up_command->footer(fault_help());
  up_command->callback([&run, up_options] { run = [up_options] { return up(*up_options); }; });

  const auto fault_options = std::make_shared<FaultOptions>();
  CLI::App* fault_command = lab->add_subcommand("fault", "Set or clear a fault of a running lab");
  fault_command->add_option("fault", fault_options->fault, "NAME[=VALUE][@CLUSTER]")
      ->required()
      ->type_name("FAULT");
  fault_command->add_flag("--off", fault_options->off, "Clear it");
  fault_command->add_option("--dir", fault_options->folder, "The folder of the lab")
      ->type_name("FOLDER")
      ->capture_default_str();
  fault_command->footer(fault_help());
  fault_command->callback(
      [&run, fault_options] { run = [fault_options] { return change_fault(*fault_options); }; });

  const auto folder = std::make_shared<std::string>("lab");
  CLI::App* status_command = lab->add_subcommand("status", "Addresses and faults of a running lab");
  status_command->add_option("--dir", *folder, "The folder of the lab")
      ->type_name("FOLDER")
      ->capture_default_str();
  status_command->callback([&run, folder] { run = [folder] { return status(*folder); }; });
}

}  // namespace meshdrill::cli
