// One guarded write of a change, forth or back: only over the value that is expected, only on the object that
// is meant. A lost answer is settled by reading.
#pragma once

#include "drill/change/change.hpp"
#include "kube/client.hpp"

#include <string>

namespace meshdrill::drill {

struct ChangeResult {
  enum class Outcome : std::uint8_t {
    written,    // it stands, and we wrote it
    already,    // it stood there before we wrote anything
    foreign,    // another object, or a value that is neither ours nor the other: left alone
    gone,       // the object does not exist
    refused,    // the API says no, and would say so again
    failed,     // nothing was written; it may help to try again
    unsettled,  // sent, answer lost, and reading failed up to the deadline
  };

  Outcome outcome = Outcome::failed;
  std::string message;  // why it does not stand; empty when it does

  [[nodiscard]] bool stands() const { return outcome == Outcome::written || outcome == Outcome::already; }
  // Trying again cannot help.
  [[nodiscard]] bool final() const { return outcome != Outcome::failed && outcome != Outcome::unsettled; }
};

// The fault.
Task<ChangeResult> make_change(kube::Client& client, Change change);
// The restore: over what make_change() wrote and over nothing else.
Task<ChangeResult> undo_change(kube::Client& client, Change change);
// Both ways without effect (dryRun=All): why the API would not admit one of them; empty when it would.
Task<std::string> try_change(kube::Client& client, Change change);

}  // namespace meshdrill::drill
