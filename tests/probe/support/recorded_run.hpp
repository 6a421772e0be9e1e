// Runs a prober until enough is known, and keeps everything that it said.
#pragma once

#include "probe/prober.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace meshdrill::probe::testing {

// 50 requests a second, with time-outs so long that a slow machine does not run into them.
ProbeConfig patient(const std::string& url);
// The same for http://HOST:PORT/.
ProbeConfig patient(const std::string& host, std::uint16_t port);

struct RecordedRun {
  Run run;
  std::vector<Batch> batches;
  std::vector<Sample> samples;  // all, by stream and index
  std::vector<DnsAnswer> answers;

  [[nodiscard]] std::vector<Sample> of_stream(int stream) const;
  [[nodiscard]] std::size_t count(Outcome outcome) const;
};

enum class Ending { stop, abandon };

// Until `enough(samples so far)`, or 30 s have passed, which fails the test. Checks on the way what holds for
// every run: indices without gaps, `upto` that rises and is true.
RecordedRun record(const ProbeConfig& config, const std::function<bool(const std::vector<Sample>&)>& enough,
                   Ending ending = Ending::stop);

// The same until each stream has `samples` of them.
RecordedRun record(const ProbeConfig& config, std::size_t samples);

// At least five samples, each of which ended like this.
void check_all(const RecordedRun& run, Outcome outcome);
void check_all(const RecordedRun& run, Outcome outcome, std::string_view detail);

}  // namespace meshdrill::probe::testing
