// That the fault really happened, that we saw it, and how long things took.
#include "base/text.hpp"
#include "drill/verdict/checks.hpp"
#include "drill/verdict/checks_scope.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace meshdrill::drill {
namespace {

using probe::Offset;

// More requests than this share that we failed to send ourselves, and we were not a witness.
constexpr double most_unsent = 0.05;

Check unproved(std::string sentence) {
  return {Phase::fail, "fault", Outcome::inconclusive, std::move(sentence)};
}

// What the API shows once the fault stands.
std::string effect_of(const History& history) {
  const std::string& target = history.target();
  switch (history.scenario.fault.kind) {
    case Fault::Kind::scale:
      return history.left_ready == 0
                 ? fmt::format("{}'s endpoints were gone", target)
                 : fmt::format("{} had {} left", target,
                               plural(static_cast<std::size_t>(history.left_ready), "endpoint"));
    case Fault::Kind::ingress_controller:
      return fmt::format("the Pods of {}'s ingress controller were gone", target);
    case Fault::Kind::control_plane:
      return fmt::format("the Pods of {}'s clustermesh-apiserver were gone", target);
    case Fault::Kind::delete_pods:
      return fmt::format("the deleted Pods of {} were gone", target);
    case Fault::Kind::unshare:
    case Fault::Kind::none:
      break;
  }
  return fmt::format("{}'s Service was not shared", target);
}

// Answers at the ingress that should be gone, while the fault lasted.
std::uint64_t answers_in_hold(const History& history) {
  const PhaseRecord* hold = history.phase(Phase::hold);
  if (hold == nullptr) return 0;
  return hold->tally
      .sum([&](const probe::CellKey& key) { return history.is_taken_away(key.cluster, key.address); })
      .ok();
}

}  // namespace

Check check_fault(const History& history) {
  if (!history.faulted) return unproved("the write of the fault was not acknowledged");
  if (!history.target_drained) {
    return unproved(fmt::format("it was never seen that {}, so it is not proved that anything failed",
                                effect_of(history)));
  }
  if (history.takes_answers_away() && history.taken_away_before == 0) {
    return unproved(
        "before the fault there was not one of the answers that it takes away, so their absence proves "
        "nothing");
  }
  // A target that goes on answering behind a Service is targetShare's to judge; an ingress that does is
  // another one than was taken away.
  if (history.scenario.fault.kind == Fault::Kind::ingress_controller && answers_in_hold(history) > 0) {
    return unproved(
        fmt::format("{} were still answered at {}'s ingress addresses: something else serves there",
                    plural(answers_in_hold(history), "request"), history.target()));
  }
  const Offset took = std::max(*history.target_drained - *history.faulted, Offset::zero());
  return {Phase::fail, "fault", Outcome::pass,
          fmt::format("{} {} after the write was acknowledged", effect_of(history), format_duration(took))};
}

Check check_observer(const PhaseRecord& phase) {
  const probe::Cell sum = phase.tally.sum();
  const std::uint64_t planned = sum.total();
  if (planned == 0) return {phase.phase, "observer", Outcome::inconclusive, "not one request was planned"};
  const double unsent = static_cast<double>(planned - sum.evidence()) / static_cast<double>(planned);
  return {phase.phase, "observer", unsent <= most_unsent ? Outcome::pass : Outcome::inconclusive,
          fmt::format("{} of {} were sent{}", sum.evidence(), plural(planned, "planned request"),
                      unsent <= most_unsent ? "" : fmt::format(", {} were not", percent(unsent)))};
}

Check check_within(Phase phase, const char* name, std::optional<Offset> from, std::optional<Offset> to,
                   Duration limit) {
  const std::string allowed = format_duration(limit);
  if (!from) return {phase, name, Outcome::inconclusive, "the write was not acknowledged"};
  if (!to) return {phase, name, Outcome::fail, fmt::format("it was not seen (within {})", allowed)};
  const Offset took = std::max(*to - *from, Offset::zero());
  return {phase, name, took <= limit ? Outcome::pass : Outcome::fail,
          fmt::format("{} after the write was acknowledged (at most {})", format_duration(took), allowed)};
}

}  // namespace meshdrill::drill
