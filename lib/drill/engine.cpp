#include "drill/engine.hpp"

#include "base/text.hpp"
#include "drill/guard.hpp"
#include "drill/lock.hpp"
#include "drill/observer.hpp"
#include "drill/preflight.hpp"
#include "drill/recorder.hpp"
#include "drill/restore.hpp"
#include "drill/sample_codec.hpp"
#include "drill/verdict.hpp"
#include "kube/scale.hpp"

#include <algorithm>
#include <csignal>
#include <unistd.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/json/array.hpp>
#include <fmt/chrono.h>
#include <fmt/format.h>

namespace meshdrill::drill {
namespace {

namespace json = boost::json;
using namespace std::chrono_literals;
using probe::Offset;

constexpr Duration tick = 20ms;
// The target has drained when it has been silent for so long with no endpoint left.
constexpr Offset quiet = 1s;
// For what must come in after a phase's end before it can be judged: requests still in flight, and the
// history's own delay.
constexpr Duration longest_settling = 6s;

std::string host_name() {
  std::array<char, 256> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? std::string{name.data()} : std::string{"unknown"};
}

std::string wall_time() {
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}",
                     fmt::gmtime(std::chrono::system_clock::to_time_t(std::chrono::system_clock::now())));
}

// Unique enough for one mesh: the second, and the process on this host.
std::string make_run_id(const std::string& drill) {
  const auto seconds = std::chrono::system_clock::to_time_t(std::chrono::system_clock::now());
  return fmt::format("{}-{:%Y%m%dT%H%M%SZ}-{}", drill, fmt::gmtime(seconds), ::getpid());
}

json::object describe(const Workload& workload, const std::string& cluster) {
  return {{"cluster", cluster},
          {"namespace", workload.object.ns},
          {"name", workload.object.name},
          {"uid", workload.uid},
          {"replicas", workload.replicas}};
}

class Engine {
 public:
  Engine(asio::io_context& io, RunOptions options, std::vector<Cluster> clusters, Journal journal)
      : io_(io),
        options_(std::move(options)),
        clusters_(std::move(clusters)),
        recorder_(std::move(journal), std::chrono::steady_clock::now(), options_.watch),
        run_(make_run_id(options_.scenario.name)),
        wait_timer_(io.get_executor()),
        signals_(io.get_executor(), SIGINT, SIGTERM, SIGHUP),
        observer_(io.get_executor(), clusters_, options_.scenario, observer_events()) {
    for (const Cluster& cluster : clusters_) locks_.emplace(cluster.name, Lock{*cluster.client, run_});
  }

  History run() {
    listen_for_signals();
    asio::co_spawn(io_, main(), [this](std::exception_ptr error) { main_error_ = std::move(error); });
    io_.run();
    if (main_error_) std::rethrow_exception(main_error_);
    return recorder_.history();
  }

 private:
  [[nodiscard]] const Scenario& scenario() const { return options_.scenario; }
  [[nodiscard]] const History& history() const { return recorder_.history(); }
  [[nodiscard]] const Cluster& target() const {
    return *std::find_if(clusters_.begin(), clusters_.end(),
                         [&](const Cluster& c) { return c.name == scenario().target.cluster; });
  }
  [[nodiscard]] Lock& target_lock() { return locks_.at(scenario().target.cluster); }

  // Everything that can go wrong happens inside measure(); whatever it was, finish() runs after it.
  Task<> main() {
    note_start();
    co_await guarded(measure());
    co_await finish();
  }

  Task<> guarded(Task<> task) {
    try {
      co_await std::move(task);
    } catch (const std::exception& error) {
      stop(Abort::Kind::failed, fmt::format("internal error: {}", error.what()));
    }
  }

  Task<> measure() {
    co_await prepare();
    if (stopped_) co_return;
    co_await baseline();
    if (stopped_) co_return;
    co_await scale_down();
    if (stopped_) co_return;
    const std::function<bool()> silent = [this] { return target_is_silent(); };
    co_await wait_until(scenario().phases.fail, silent);
    if (stopped_) co_return;
    begin(Phase::hold);
    co_await wait_for(scenario().phases.hold);
  }

  // --- before any change

  Task<> prepare() {
    Preflight preflight = co_await run_preflight(clusters_, scenario());
    note_preflight(preflight);
    workloads_ = preflight.workloads;
    if (!preflight.ok()) {
      const auto first = std::find_if(preflight.findings.begin(), preflight.findings.end(),
                                      [](const Finding& f) { return !f.ok; });
      stop(Abort::Kind::refused, first->message);
      co_return;
    }
    for (const Cluster& cluster : clusters_) {
      Result<> locked = co_await locks_.at(cluster.name).acquire();
      if (!locked) {
        stop(Abort::Kind::refused, locked.error().message);
        co_return;
      }
      locked_.push_back(cluster.name);
    }
    spawn(renew_locks());
    observer_.start();
    start_prober();
  }

  Task<> baseline() {
    begin(Phase::baseline);
    co_await wait_for(scenario().phases.baseline);
    const Offset end = recorder_.now();
    const std::function<bool()> judged = [this, end] { return judged_upto_ >= end; };
    co_await wait_until(longest_settling, judged);
    if (stopped_) co_return;
    const std::vector<Check> checks = check_phase(history(), Phase::baseline);
    const Check* check = deciding_check(checks);
    if (check == nullptr) co_return;
    stop(Abort::Kind::refused,
         fmt::format("the steady state is not steady: baseline, {}: {}", check->name, check->sentence));
  }

  // --- the fault

  Task<> scale_down() {
    Record record{run_, scenario().name, host_name(), history().started, scenario().scale_to, workloads_};
    Result<> kept = co_await target_lock().keep(std::move(record));
    if (!kept) {
      stop(Abort::Kind::refused, "the record for the restore could not be written: " + kept.error().message);
      co_return;
    }
    begin(Phase::fail);
    for (const Workload& workload : workloads_) {
      note_intent("scale-down", workload, scenario().scale_to);
      if (recorder_.broken()) stop(Abort::Kind::failed, recorder_.broken()->message);
      if (stopped_) co_return;
      co_await scale_down(workload);
    }
    scaled_down_ = true;
  }

  Task<> scale_down(const Workload& workload) {
    kube::ReplicasChange change;
    change.uid = workload.uid;
    change.expected = workload.replicas;
    change.wanted = scenario().scale_to;
    const kube::ObjectRef reference{kube::deployments(), workload.object.ns, workload.object.name};
    const kube::ReplicasResult result = co_await kube::set_replicas(*target().client, reference, change);
    if (result.outcome == kube::ReplicasResult::Outcome::written) {
      note_write("scale-down", workload, scenario().scale_to);
      co_return;
    }
    const bool foreign = result.outcome == kube::ReplicasResult::Outcome::foreign ||
                         result.outcome == kube::ReplicasResult::Outcome::already;
    const std::string name = "deployment " + to_string(workload.object);
    stop(foreign ? Abort::Kind::interference : Abort::Kind::failed,
         foreign ? name + " was changed by somebody else just before the drill would have"
                 : fmt::format("{} could not be scaled: {}", name,
                               result.error ? to_string(*result.error) : "it is gone"));
  }

  [[nodiscard]] bool target_is_silent() const {
    if (!history().target_drained) return false;
    const Offset since = std::max(*history().target_drained, history().last_target_answer.value_or(Offset{}));
    return recorder_.now() - since > quiet + 500ms;  // the history runs some 300 ms late
  }

  // --- the way out

  Task<> finish() {
    observed_replicas_matter_ = false;
    if (history().changed) {
      co_await put_back();
    }
    if (!stopped_ && history().changed) {
      begin(Phase::recovered);
      co_await wait_for(scenario().phases.recovered);
    }
    stop_prober();
    guard_.reset();
    observer_.stop();
    renewal_.emit(asio::cancellation_type::terminal);
    co_await pause(1ms);  // lets the batches in that the prober posted while it stopped
    co_await release_locks();
    recorder_.note("end", {}, Durability::synced);
    signals_.cancel();
    finished_ = true;
  }

  Task<> put_back() {
    begin(Phase::restore);
    for (const Workload& workload : workloads_) note_intent("restore", workload, workload.replicas);
    const std::vector<WorkloadRestore> done = co_await restore_workloads(
        *target().client, workloads_, scenario().scale_to, scenario().phases.restore);
    std::string problem;
    for (const WorkloadRestore& restore : done) {
      if (restore.written) note_write("restore", restore.workload, restore.workload.replicas);
      if (!restore.written && problem.empty()) problem = restore.problem;
    }
    if (problem.empty()) {
      problem = co_await verify_workloads(*target().client, workloads_, scenario().phases.restore);
    }
    if (problem.empty()) {
      const std::function<bool()> back = [this] { return target_is_back(); };
      co_await wait_until(scenario().phases.restore, back);
    }
    restored_ = problem.empty();
    recorder_.note("restored",
                   {{"verified", restored_}, {"message", restored_ ? problem : with_commands(problem)}},
                   Durability::synced);
  }

  [[nodiscard]] bool target_is_back() const {
    return history().target_ready_again && history().target_seen_again &&
           recorder_.now() - *history().target_seen_again > quiet;
  }

  [[nodiscard]] std::string with_commands(const std::string& problem) const {
    std::string text = problem + ". To put it back by hand:";
    for (const Workload& workload : workloads_) text += "\n  " + restore_command(target().context, workload);
    return text;
  }

  // The record stays where the restore is not certain: it is what `recover` works from.
  Task<> release_locks() {
    for (const std::string& cluster : locked_) {
      const bool keep = history().changed && !restored_ && cluster == scenario().target.cluster;
      if (keep) continue;
      Result<> released = co_await locks_.at(cluster).release();
      if (!released)
        recorder_.note("warning",
                       {{"message", "the drill's Lease was not released: " + released.error().message}});
    }
  }

  // --- what runs beside

  void start_prober() {
    probe::ProbeConfig config = scenario().traffic;
    config.epoch = recorder_.epoch();
    config.url = history().url;
    for (const Cluster& cluster : clusters_) config.identify.clusters.push_back(cluster.name);
    guard_ = std::make_unique<Guard>(scenario().guards, recorder_.epoch(), [this](std::string breach) {
      asio::post(io_, [this, breach] { stop(Abort::Kind::guard, breach); });
    });
    prober_ = std::make_unique<probe::Prober>(config, [this](probe::Batch batch) {
      guard_->feed(batch);
      asio::post(io_, [this, moved = std::move(batch)] { take_batch(moved); });
    });
    const Result<probe::Run> run = prober_->start();
    if (!run) {
      stop(Abort::Kind::refused, "the prober cannot start: " + run.error().message);
      prober_.reset();
      return;
    }
    json::array streams;
    for (const probe::Stream& stream : run->streams) streams.emplace_back(encode(stream));
    json::array answers;
    for (const probe::DnsAnswer& answer : run->answers) answers.emplace_back(encode(answer));
    recorder_.note("streams", {{"streams", std::move(streams)}, {"answers", std::move(answers)}});
  }

  void stop_prober() {
    if (!prober_) return;
    if (const Result<> stopped = prober_->stop(); !stopped)
      recorder_.note("warning", {{"message", stopped.error().message}});
  }

  void take_batch(const probe::Batch& batch) {
    recorder_.note("samples", encode(batch));
    judged_upto_ = batch.upto - 300ms;
  }

  Observer::Events observer_events() {
    return {[this](const std::string& cluster, int ready) {
              recorder_.note("observed", {{"cluster", cluster}, {"readyEndpoints", ready}});
            },
            [this](const kube::Deployment& deployment, bool deleted) {
              check_interference(deployment, deleted);
            }};
  }

  // While the target is down, nobody but us may set its replicas.
  void check_interference(const kube::Deployment& deployment, bool deleted) {
    if (!scaled_down_ || !observed_replicas_matter_) return;
    const auto ours = std::find_if(workloads_.begin(), workloads_.end(), [&](const Workload& workload) {
      return workload.object == ObjectName{deployment.namespace_name, deployment.name};
    });
    if (ours == workloads_.end()) return;
    const std::string name = "deployment " + to_string(ours->object);
    if (deleted || deployment.uid != ours->uid)
      return stop(Abort::Kind::interference, name + " was deleted by somebody else");
    if (deployment.replicas == scenario().scale_to) return;
    std::string managers;
    for (const kube::ReplicasManager& manager : deployment.replicas_managers) {
      managers += fmt::format("{}{}", managers.empty() ? "; managers of the field: " : ", ",
                              printable(manager.manager));
    }
    stop(Abort::Kind::interference,
         fmt::format("somebody else set {} to {} replicas{}", name, deployment.replicas, managers));
  }

  Task<> renew_locks() {
    Timer timer{io_.get_executor()};
    for (;;) {
      timer.expires_after(lock_renewal);
      co_await timer.async_wait(await);
      for (const std::string& cluster : locked_) {
        Result<> renewed = co_await locks_.at(cluster).renew();
        if (!renewed && !finished_) recorder_.note("warning", {{"message", renewed.error().message}});
      }
    }
  }

  void spawn(Task<> task) {
    asio::co_spawn(io_, std::move(task),
                   asio::bind_cancellation_slot(renewal_.slot(), [](const std::exception_ptr&) {}));
  }

  void listen_for_signals() {
    signals_.async_wait([this](const error_code& error, int signal) {
      if (error) return;
      const char* name = signal == SIGINT ? "SIGINT" : signal == SIGTERM ? "SIGTERM" : "SIGHUP";
      const bool first = !stopped_;
      if (first) {
        stop(Abort::Kind::interrupted, fmt::format("interrupted by {}", name), signal);
      } else {
        recorder_.note("warning", {{"message", fmt::format("{} again: still restoring, please wait", name)}});
      }
      listen_for_signals();
    });
  }

  // --- small steps

  void stop(Abort::Kind kind, std::string message, int signal = 0) {
    if (stopped_ || finished_) return;
    stopped_ = true;
    json::object fields{{"kind", to_string(kind)}, {"message", std::move(message)}};
    if (signal != 0) fields["signal"] = signal;
    recorder_.note("abort", std::move(fields));
    wait_timer_.cancel();
  }

  void begin(Phase phase) { recorder_.note("phase", {{"phase", to_string(phase)}}); }

  Task<> pause(Duration duration) {
    wait_timer_.expires_after(duration);
    co_await wait_timer_.async_wait(try_await);
  }

  Task<> wait_for(Duration length) {
    const std::function<bool()> never = [] { return false; };
    co_await wait_until(length, never);
  }

  // Until `done`, the limit, or the end of the drill.
  Task<> wait_until(Duration limit, std::function<bool()> done) {
    const Clock::time_point end = Clock::now() + limit;
    while (!stopped_ && Clock::now() < end && !done()) {
      co_await pause(std::min<Duration>(tick, end - Clock::now()));
    }
  }

  void note_start() {
    json::array clusters;
    for (const Cluster& cluster : clusters_) {
      json::array ingress;
      for (const IpAddress& address : cluster.ingress) ingress.emplace_back(to_string(address));
      clusters.push_back({{"name", cluster.name},
                          {"context", cluster.context},
                          {"uid", ""},
                          {"ingress", std::move(ingress)}});
    }
    recorder_.note(
        "start",
        {{"schema", journal_schema},
         {"version", options_.version},
         {"run", run_},
         {"wall", wall_time()},
         {"host", host_name()},
         {"pid", ::getpid()},
         {"drillFile", options_.scenario_file},
         {"drill", scenario().text},
         {"mesh", options_.mesh.name},
         {"url", scenario().traffic.url.empty() ? mesh::url(options_.mesh) : scenario().traffic.url},
         {"clusters", std::move(clusters)}},
        Durability::synced);
  }

  void note_preflight(const Preflight& preflight) {
    for (const Finding& finding : preflight.findings) {
      recorder_.note("preflight",
                     {{"check", finding.check}, {"ok", finding.ok}, {"message", finding.message}});
    }
    json::array workloads;
    for (const Workload& workload : preflight.workloads)
      workloads.emplace_back(describe(workload, target().name));
    json::object ready;
    for (const auto& [cluster, count] : preflight.ready) ready[cluster] = count;
    json::object uids;
    for (const auto& [cluster, uid] : preflight.uids) uids[cluster] = uid;
    recorder_.note(
        "target",
        {{"workloads", std::move(workloads)}, {"ready", std::move(ready)}, {"uids", std::move(uids)}});
  }

  void note_intent(std::string_view action, const Workload& workload, int replicas) {
    json::object fields = describe(workload, target().name);
    fields["action"] = action;
    fields["to"] = replicas;
    recorder_.note("intent", std::move(fields), Durability::synced);
  }

  void note_write(std::string_view action, const Workload& workload, int replicas) {
    json::object fields = describe(workload, target().name);
    fields["action"] = action;
    fields["to"] = replicas;
    recorder_.note("wrote", std::move(fields), Durability::synced);
  }

  asio::io_context& io_;
  RunOptions options_;
  std::vector<Cluster> clusters_;
  Recorder recorder_;
  std::string run_;
  Timer wait_timer_;
  asio::basic_signal_set<Executor> signals_;
  Observer observer_;
  asio::cancellation_signal renewal_;
  std::map<std::string, Lock> locks_;
  std::vector<std::string> locked_;
  std::unique_ptr<Guard> guard_;
  std::unique_ptr<probe::Prober> prober_;
  std::vector<Workload> workloads_;
  Offset judged_upto_{};
  bool stopped_ = false;                  // the drill ends early
  bool scaled_down_ = false;              // every write of the fault is acknowledged
  bool observed_replicas_matter_ = true;  // until we begin to put them back
  bool restored_ = false;
  bool finished_ = false;
  std::exception_ptr main_error_;
};

// A reader that goes away (`| head`) must not kill a drill that has something to restore.
class IgnoreBrokenPipe {
 public:
  IgnoreBrokenPipe() : before_(std::signal(SIGPIPE, SIG_IGN)) {}
  IgnoreBrokenPipe(const IgnoreBrokenPipe&) = delete;
  IgnoreBrokenPipe& operator=(const IgnoreBrokenPipe&) = delete;
  ~IgnoreBrokenPipe() { std::signal(SIGPIPE, before_); }

 private:
  void (*before_)(int);
};

}  // namespace

Diagnostics check_against_mesh(const Scenario& scenario, const mesh::Mesh& mesh) {
  std::vector<std::string_view> names;
  for (const mesh::Cluster& cluster : mesh.clusters) names.push_back(cluster.name);
  if (std::find(names.begin(), names.end(), scenario.target.cluster) != names.end()) return {};
  const std::string hint = closest(scenario.target.cluster, names);
  return {{Severity::error, scenario.target.cluster_where,
           fmt::format("target.cluster: the mesh has no cluster \"{}\"", scenario.target.cluster),
           hint.empty() ? fmt::format("It has {}.", fmt::join(names, ", "))
                        : fmt::format("Did you mean \"{}\"?", hint)}};
}

Checked<History> run_drill(RunOptions options) {
  const IgnoreBrokenPipe ignore;
  asio::io_context io{1};
  Diagnostics notes;
  auto clusters = open_clusters(io.get_executor(), options.mesh, options.kubeconfig, notes);
  if (!clusters) return tl::unexpected(clusters.error());
  auto journal = Journal::create(options.journal);
  if (!journal) return tl::unexpected(Diagnostics{{Severity::error, {}, journal.error().message, {}}});
  Engine engine{io, std::move(options), std::move(*clusters), std::move(*journal)};
  return engine.run();
}

}  // namespace meshdrill::drill
