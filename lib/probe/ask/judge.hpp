// Says what a complete answer amounts to: is it what was expected, and who gave it.
#pragma once

#include "base/result.hpp"
#include "probe/ask/identify.hpp"
#include "probe/prober.hpp"

#include <bitset>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace meshdrill::probe {

using StatusSet = std::bitset<600>;  // of 100 to 599

// "200", "200-299", "200,301-308". The error names what cannot be read.
Result<StatusSet> parse_statuses(std::string_view text);

class Judge {
 public:
  // Fails when the statuses or the regular expression cannot be read.
  static Result<Judge> make(const ProbeConfig& config, Identifier identifier);
  static Result<> check_body(const Expectation& expectation);
  ~Judge();
  Judge(Judge&&) noexcept;
  Judge& operator=(Judge&&) noexcept;

  // Fills in status, outcome, cluster and detail.
  void judge(Sample& sample, int status, std::string_view body, std::string_view header);
  // The header that judge() wants the value of; empty: none.
  [[nodiscard]] const std::string& header() const { return identifier_.header(); }
  // Fills in outcome and cluster of a sample whose whole point was to connect to its address: the cluster is
  // that of the address, and the address itself when the rule does not say whose that is.
  void judge_connection(Sample& sample) const;

 private:
  struct BodyPattern;
  // Answers repeat themselves: what the latest short ones were found to be.
  struct Known {
    std::string body;
    std::string header;
    std::optional<IpAddress> address;
    bool matches = false;
    std::optional<std::string> cluster;
  };
  static constexpr std::size_t known_answers = 8;
  static constexpr std::size_t longest_known = 512;

  static Result<std::unique_ptr<BodyPattern>> compile(const Expectation& expectation);
  Judge(StatusSet statuses, std::unique_ptr<BodyPattern> pattern, Identifier identifier, bool by_address);
  const Known& look_at(const AnswerClues& clues);

  StatusSet statuses_;
  std::unique_ptr<BodyPattern> pattern_;  // null: any body
  Identifier identifier_;
  bool by_address_;
  std::vector<Known> known_;
  std::size_t oldest_ = 0;
  Known latest_;
};

}  // namespace meshdrill::probe
