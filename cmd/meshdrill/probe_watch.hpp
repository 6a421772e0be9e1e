// Reads what the prober says while it runs, on one thread, and shows it: live view, CSV, metrics.
#pragma once

#include "probe/show/live_view.hpp"
#include "probe/show/metrics_server.hpp"
#include "probe/statistics/windows.hpp"
#include "probe_options.hpp"

#include <cstdio>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

namespace meshdrill::cli {

// From the prober's thread to ours.
class BatchQueue {
 public:
  void push(probe::Batch batch);
  std::vector<probe::Batch> take();

 private:
  std::mutex mutex_;
  std::vector<probe::Batch> batches_;
};

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using File = std::unique_ptr<std::FILE, CloseFile>;

// What a run writes to besides stdout; opened before anything is contacted.
struct ProbeOutputs {
  File csv;
  std::unique_ptr<probe::MetricsServer> metrics;
};

class ProbeWatch {
 public:
  // All of them outlive it.
  ProbeWatch(const ProbeOptions& options, ProbeOutputs& outputs, BatchQueue& queue, const probe::Run& run);

  // Reads what came. To be called often, or that takes up memory.
  void read();
  // Reads, and refreshes what is due; ten times a second for a live view.
  void look(bool draining = false);
  // Nothing more is wanted: the requests are done, or the verdict is certain.
  [[nodiscard]] bool enough() const { return enough_; }
  // Reads the rest, clears the view, writes what is to be written at the end.
  Result<probe::ProbeReport> finish();

 private:
  [[nodiscard]] probe::Offset now() const;
  void close_windows(probe::Offset upto);
  void check_enough();
  void show(bool draining);
  void clear_view();
  Result<> write_prometheus(const probe::ProbeReport& report) const;
  [[nodiscard]] probe::ProbeReport report() const;

  const ProbeOptions& options_;
  ProbeOutputs& outputs_;
  BatchQueue& queue_;
  const probe::Run& run_;
  probe::Summary summary_;
  probe::WindowCounter windows_;
  probe::Recent recent_;
  bool terminal_;
  std::size_t painted_ = 0;  // lines of the view on the screen
  bool enough_ = false;
  std::optional<probe::BalanceFindings> sure_;
  std::chrono::steady_clock::time_point shown_{};
  std::chrono::steady_clock::time_point exported_{};
  std::chrono::steady_clock::time_point written_{};
};

}  // namespace meshdrill::cli
