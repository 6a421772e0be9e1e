#include "drill/change_write.hpp"

#include "kube/scale.hpp"

#include <array>

#include <fmt/format.h>

namespace meshdrill::drill {
namespace {

using Outcome = ChangeResult::Outcome;

Outcome outcome_of(const kube::ReplicasResult& result) {
  switch (result.outcome) {
    case kube::ReplicasResult::Outcome::written:
      return Outcome::written;
    case kube::ReplicasResult::Outcome::already:
      return Outcome::already;
    case kube::ReplicasResult::Outcome::foreign:
      return Outcome::foreign;
    case kube::ReplicasResult::Outcome::gone:
      return Outcome::gone;
    case kube::ReplicasResult::Outcome::unsettled:
      return Outcome::unsettled;
    case kube::ReplicasResult::Outcome::failed:
      break;
  }
  return Outcome::failed;
}

std::string error_text(const kube::ReplicasResult& result) {
  return result.error ? to_string(*result.error) : "the API did not say what became of the write";
}

std::string remade(const Change& change) {
  return name_of(change) + " was deleted and made anew by somebody else; left alone";
}

Task<ChangeResult> make_replicas(kube::Client& client, const Change& change) {
  kube::ReplicasChange wanted;
  wanted.uid = change.uid;
  wanted.expected = change.replicas;
  wanted.wanted = change.to_replicas;
  const kube::ReplicasResult result = co_await kube::set_replicas(client, reference(change), wanted);
  ChangeResult done{outcome_of(result), {}};
  // That it stood there already means that somebody else was quicker: it was not so in the preflight.
  if (done.outcome == Outcome::already) done.outcome = Outcome::foreign;
  if (done.outcome == Outcome::foreign)
    done.message = name_of(change) + " was changed by somebody else just before the drill would have";
  if (done.outcome == Outcome::gone) done.message = name_of(change) + " does not exist any more";
  if (done.outcome == Outcome::failed || done.outcome == Outcome::unsettled)
    done.message = fmt::format("{} could not be scaled: {}", name_of(change), error_text(result));
  co_return done;
}

Task<ChangeResult> undo_replicas(kube::Client& client, const Change& change) {
  kube::ReplicasChange wanted;
  wanted.uid = change.uid;
  wanted.expected = change.to_replicas;
  wanted.wanted = change.replicas;
  const kube::ReplicasResult result = co_await kube::set_replicas(client, reference(change), wanted);
  ChangeResult done{outcome_of(result), {}};
  const int seen = result.seen ? result.seen->replicas : -1;
  const bool same = result.seen && result.seen->uid == change.uid;
  if (done.outcome == Outcome::foreign && same && change.accepted && change.accepted->contains(seen)) {
    done.outcome = Outcome::already;  // the autoscaler has it in hand again
  } else if (done.outcome == Outcome::foreign) {
    done.message =
        same ? fmt::format(
                   "{} has {} replicas, which is neither what the drill wrote ({}) nor the original "
                   "({}): somebody else changed it, and it was left alone",
                   name_of(change), seen, change.to_replicas, change.replicas)
             : remade(change);
  }
  if (done.outcome == Outcome::gone) done.message = name_of(change) + " does not exist any more";
  if (done.outcome == Outcome::failed || done.outcome == Outcome::unsettled)
    done.message = error_text(result);
  co_return done;
}

Task<std::string> try_replicas(kube::Client& client, const Change& change) {
  kube::ApiResult<kube::Scale> scale = co_await kube::read_scale(client, reference(change));
  if (!scale) co_return to_string(scale.error());
  const std::array<int, 2> values{change.to_replicas, change.replicas};
  for (const int replicas : values) {
    const kube::ScaleWrite write =
        co_await kube::write_scale(client, reference(change), *scale, replicas, true);
    if (write.error) co_return to_string(*write.error);
  }
  co_return std::string{};
}

}  // namespace

Task<ChangeResult> make_change(kube::Client& client, Change change) {
  co_return co_await make_replicas(client, change);
}

Task<ChangeResult> undo_change(kube::Client& client, Change change) {
  co_return co_await undo_replicas(client, change);
}

Task<std::string> try_change(kube::Client& client, Change change) {
  co_return co_await try_replicas(client, change);
}

}  // namespace meshdrill::drill
