#include "probe_watch.hpp"

#include "base/files.hpp"
#include "probe/show/prometheus.hpp"
#include "terminal.hpp"

#include <utility>

#include <fmt/format.h>

namespace meshdrill::cli {
namespace {

using namespace std::chrono_literals;
using SteadyClock = std::chrono::steady_clock;

constexpr auto terminal_period = 250ms;  // between pictures on a terminal,
constexpr auto plain_period = 2s;        // and between lines anywhere else
constexpr auto metrics_period = 1s;
constexpr auto file_period = 10s;

// Whether `period` is over since `last`, which it then becomes.
bool is_due(SteadyClock::time_point& last, SteadyClock::duration period) {
  const auto now = SteadyClock::now();
  if (now - last < period) return false;
  last = now;
  return true;
}

}  // namespace

void BatchQueue::push(probe::Batch batch) {
  const std::lock_guard lock{mutex_};
  batches_.push_back(std::move(batch));
}

std::vector<probe::Batch> BatchQueue::take() {
  const std::lock_guard lock{mutex_};
  return std::exchange(batches_, {});
}

ProbeWatch::ProbeWatch(const ProbeOptions& options, ProbeOutputs& outputs, BatchQueue& queue,
                       const probe::Run& run)
    : options_(options),
      outputs_(outputs),
      queue_(queue),
      run_(run),
      summary_(run),
      terminal_(is_terminal(stderr)),
      shown_(SteadyClock::now()),
      written_(SteadyClock::now()) {
  if (outputs_.csv) std::fputs(probe::csv_header().c_str(), outputs_.csv.get());
}

probe::Offset ProbeWatch::now() const {
  return std::chrono::duration_cast<probe::Offset>(SteadyClock::now() - run_.epoch);
}

void ProbeWatch::look(bool draining) {
  read();
  check_enough();
  show(draining);
  const bool serve = outputs_.metrics && is_due(exported_, metrics_period);
  const bool write = !options_.prometheus_file.empty() && is_due(written_, file_period);
  if (!serve && !write) return;
  const probe::ProbeReport now_known = report();
  if (serve) outputs_.metrics->publish(to_prometheus(now_known));
  // One that fails now is tried again, and told at the end.
  if (write) (void)write_prometheus(now_known);
}

void ProbeWatch::read() {
  for (const probe::Batch& batch : queue_.take()) {
    summary_.add(batch);
    for (const probe::Sample& sample : batch.samples) windows_.add(sample);
    close_windows(batch.upto);
  }
}

void ProbeWatch::close_windows(probe::Offset upto) {
  for (const probe::Window& window : windows_.close(upto)) {
    recent_.add(window);
    if (outputs_.csv) std::fputs(csv_rows(window, run_.streams).c_str(), outputs_.csv.get());
  }
}

void ProbeWatch::check_enough() {
  if (options_.config.requests > 0 && summary_.has_all(options_.config.requests)) enough_ = true;
  if (!options_.until_sure || sure_) return;
  const auto clusters = expected_clusters(options_.config, summary_, options_.questions);
  auto findings = judge_layers(run_, summary_, clusters, options_.questions);
  if (!findings.sure()) return;
  sure_ = std::move(findings);
  enough_ = true;
}

void ProbeWatch::show(bool draining) {
  if (options_.quiet || !is_due(shown_, terminal_ ? SteadyClock::duration{terminal_period} : plain_period))
    return;
  const probe::LiveState state{options_.config,    run_,  summary_,          recent_,
                               options_.questions, now(), options_.duration, draining};
  if (!terminal_) {
    std::fputs(live_line(state).c_str(), stderr);
    return;
  }
  const auto [width, height] = terminal_size(stderr);
  const auto lines = live_table(state, {width, height, wants_colour(stderr)});
  std::fputs(probe::repaint(lines, painted_).c_str(), stderr);
  std::fflush(stderr);
  painted_ = lines.size();
}

void ProbeWatch::clear_view() {
  if (painted_ == 0) return;
  std::fputs(probe::repaint({}, painted_).c_str(), stderr);
  painted_ = 0;
}

probe::ProbeReport ProbeWatch::report() const {
  probe::Questions questions = options_.questions;
  questions.sure = sure_;
  return conclude(options_.config, run_, summary_, std::move(questions));
}

Result<> ProbeWatch::write_prometheus(const probe::ProbeReport& report) const {
  return write_file(options_.prometheus_file, to_prometheus(report));
}

Result<probe::ProbeReport> ProbeWatch::finish() {
  read();
  close_windows(probe::Offset::max());  // the last one, which the end of the run cut short
  clear_view();
  probe::ProbeReport result = report();
  if (outputs_.metrics) outputs_.metrics->publish(to_prometheus(result));
  if (!options_.prometheus_file.empty()) {
    if (const auto done = write_prometheus(result); !done) return tl::unexpected(done.error());
  }
  if (outputs_.csv && (std::ferror(outputs_.csv.get()) != 0 || std::fflush(outputs_.csv.get()) != 0))
    return fail(fmt::format("{} could not be written to its end", options_.csv_file));
  return result;
}

}  // namespace meshdrill::cli
