// What the faults that are set do to one request, asked in the order in which a server goes about it: each
// question that is answered with yes counts as a strike.
#pragma once

#include "lab/api/api_faults.hpp"
#include "lab/api/api_route.hpp"
#include "lab/api/api_types.hpp"

#include <optional>
#include <string>

namespace meshdrill::lab {

class CallFaults {
 public:
  // Both must outlive it.
  CallFaults(ApiFaults& faults, const ApiRequest& request);

  // How long it is held up.
  std::optional<Duration> delay();
  // The connection closes without an answer.
  bool closes();
  // What is answered in place of the API.
  std::optional<ApiResponse> refusal();
  // `response` is lost with the connection: what was asked for is done, and nobody is told.
  bool loses_answer(const ApiResponse& response);
  // The watch that it begins is out of date.
  bool expires_watch();

 private:
  using Kind = ApiFault::Kind;

  std::optional<ApiFault> strike(Kind kind);
  // It is meant to change an object, if only as a dry run.
  [[nodiscard]] bool is_write() const;
  [[nodiscard]] bool is_dry_run() const;

  ApiFaults& faults_;
  const ApiRequest& request_;
  Target target_;
  std::optional<Route> route_;
  std::string resource_;  // as ApiFault::resource names it
};

}  // namespace meshdrill::lab
