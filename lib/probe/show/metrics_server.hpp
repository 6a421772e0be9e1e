// Serves the metrics of a long run to Prometheus: GET /metrics, on a thread of its own.
#pragma once

#include "base/result.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace meshdrill::probe {

class MetricsServer {
 public:
  // `endpoint`: "127.0.0.1:9100", "[::1]:9100", ":9100" for every address of this machine; port 0 for any
  // that is free. Fails when it cannot listen there.
  static Result<std::unique_ptr<MetricsServer>> listen(std::string_view endpoint);
  ~MetricsServer();  // closes every connection
  MetricsServer(const MetricsServer&) = delete;
  MetricsServer& operator=(const MetricsServer&) = delete;

  // What /metrics says from now on; from any thread. Until the first call it answers 503.
  void publish(std::string text);

  [[nodiscard]] std::string url() const;  // "http://127.0.0.1:9100/metrics"

 private:
  class Impl;
  explicit MetricsServer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace meshdrill::probe
