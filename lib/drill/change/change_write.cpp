#include "drill/change/change_write.hpp"

#include "kube/field_change.hpp"
#include "kube/json_fields.hpp"
#include "kube/pods.hpp"
#include "kube/scale.hpp"

#include <array>

#include <fmt/format.h>

namespace meshdrill::drill {
namespace {

using Outcome = ChangeResult::Outcome;

Outcome outcome_of(kube::ChangeOutcome outcome) {
  switch (outcome) {
    case kube::ChangeOutcome::written:
      return Outcome::written;
    case kube::ChangeOutcome::already:
      return Outcome::already;
    case kube::ChangeOutcome::foreign:
      return Outcome::foreign;
    case kube::ChangeOutcome::gone:
      return Outcome::gone;
    case kube::ChangeOutcome::unsettled:
      return Outcome::unsettled;
    case kube::ChangeOutcome::failed:
      break;
  }
  return Outcome::failed;
}

std::string text_of(const std::optional<kube::ApiError>& error) {
  return error ? to_string(*error) : "the API did not say what became of the write";
}

std::string remade(const Change& change) {
  return name_of(change) + " was deleted and made anew by somebody else; left alone";
}

// What the write of a fault came to. That the value stood there already means that somebody else was quicker:
// it was not so in the preflight.
ChangeResult made(const Change& change, kube::ChangeOutcome outcome,
                  const std::optional<kube::ApiError>& error) {
  ChangeResult done{outcome_of(outcome), {}};
  if (done.outcome == Outcome::already) done.outcome = Outcome::foreign;
  if (done.outcome == Outcome::foreign)
    done.message = name_of(change) + " was changed by somebody else just before the drill would have";
  if (done.outcome == Outcome::gone) done.message = name_of(change) + " does not exist any more";
  if (done.outcome == Outcome::failed || done.outcome == Outcome::unsettled)
    done.message = fmt::format("{} could not be changed: {}", name_of(change), text_of(error));
  return done;
}

// What the write of a restore came to; a foreign value is the caller's to explain.
ChangeResult undone(const Change& change, kube::ChangeOutcome outcome,
                    const std::optional<kube::ApiError>& error) {
  ChangeResult done{outcome_of(outcome), {}};
  if (done.outcome == Outcome::gone) done.message = name_of(change) + " does not exist any more";
  if (done.outcome == Outcome::failed || done.outcome == Outcome::unsettled) done.message = text_of(error);
  return done;
}

// --- replicas

kube::ReplicasChange replicas_change(const Change& change, int from, int to) {
  kube::ReplicasChange wanted;
  wanted.uid = change.uid;
  wanted.expected = from;
  wanted.wanted = to;
  return wanted;
}

Task<ChangeResult> undo_replicas(kube::Client& client, const Change& change) {
  const kube::ReplicasChange wanted = replicas_change(change, change.to_replicas, change.replicas);
  const kube::ReplicasResult result = co_await kube::set_replicas(client, reference(change), wanted);
  ChangeResult done = undone(change, result.outcome, result.error);
  if (done.outcome != Outcome::foreign) co_return done;
  const int seen = result.seen ? result.seen->replicas : -1;
  const bool same = result.seen && result.seen->uid == change.uid;
  if (same && change.accepted && change.accepted->contains(seen)) {
    done.outcome = Outcome::already;  // the autoscaler has it in hand again
    co_return done;
  }
  done.message = same ? fmt::format(
                            "{} has {} replicas, which is neither what the drill wrote ({}) nor the original "
                            "({}): somebody else changed it, and it was left alone",
                            name_of(change), seen, change.to_replicas, change.replicas)
                      : remade(change);
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

// --- one text

kube::FieldValue value_of(const std::optional<std::string>& text) {
  if (!text) return std::nullopt;
  return boost::json::value(*text);
}

kube::FieldChange field_change(const Change& change, bool undo) {
  kube::FieldChange wanted;
  wanted.uid = change.uid;
  wanted.path = change.path;
  wanted.expected = value_of(undo ? std::optional{change.to_value} : change.value);
  wanted.wanted = value_of(undo ? change.value : std::optional{change.to_value});
  return wanted;
}

Task<ChangeResult> undo_field(kube::Client& client, const Change& change) {
  const kube::FieldChange wanted = field_change(change, true);
  const kube::FieldResult result = co_await kube::set_field(client, reference(change), wanted);
  ChangeResult done = undone(change, result.outcome, result.error);
  if (done.outcome != Outcome::foreign) co_return done;
  const bool same = kube::text_field(result.object, "/metadata/uid") == change.uid;
  done.message = same ? fmt::format(
                            "{} of {} is neither what the drill wrote (\"{}\") nor what it was: somebody "
                            "else changed it, and it was left alone",
                            kube::to_string(change.path), name_of(change), change.to_value)
                      : remade(change);
  co_return done;
}

Task<std::string> try_field(kube::Client& client, const Change& change) {
  const std::array<kube::FieldValue, 2> values{value_of(change.to_value), value_of(change.value)};
  for (const kube::FieldValue& value : values) {
    const kube::ApiResult<boost::json::value> tried =
        co_await kube::try_field(client, reference(change), change.path, value);
    if (!tried) co_return to_string(tried.error());
  }
  co_return std::string{};
}

// --- Pods

kube::PodDeletion deletion_of(const Change& change, const PodName& pod) {
  kube::PodDeletion deletion;
  deletion.namespace_name = change.object.ns;
  deletion.name = pod.name;
  deletion.uid = pod.uid;
  return deletion;
}

Task<ChangeResult> delete_pods(kube::Client& client, const Change& change) {
  for (const PodName& pod : change.pods) {
    const kube::PodDeletion deletion = deletion_of(change, pod);
    const kube::PodDeleted deleted = co_await kube::delete_pod(client, deletion);
    switch (deleted.outcome) {
      case kube::PodDeleted::Outcome::deleted:
        break;
      case kube::PodDeleted::Outcome::gone:
        co_return ChangeResult{Outcome::foreign,
                               fmt::format("Pod {} went away before the drill deleted it", pod.name)};
      case kube::PodDeleted::Outcome::failed:
      case kube::PodDeleted::Outcome::unsettled:
        co_return ChangeResult{Outcome::failed, fmt::format("Pod {} could not be deleted: {}", pod.name,
                                                            text_of(deleted.error))};
    }
  }
  co_return ChangeResult{Outcome::written, {}};
}

Task<std::string> try_delete(kube::Client& client, const Change& change) {
  for (const PodName& pod : change.pods) {
    kube::PodDeletion deletion = deletion_of(change, pod);
    deletion.dry_run = true;
    const kube::PodDeleted deleted = co_await kube::delete_pod(client, deletion);
    if (deleted.error) co_return to_string(*deleted.error);
  }
  co_return std::string{};
}

}  // namespace

Task<ChangeResult> make_change(kube::Client& client, Change change) {
  if (change.kind == ChangeKind::pods) {
    co_return co_await delete_pods(client, change);
  }
  if (change.kind == ChangeKind::field) {
    const kube::FieldChange wanted = field_change(change, false);
    const kube::FieldResult result = co_await kube::set_field(client, reference(change), wanted);
    co_return made(change, result.outcome, result.error);
  }
  const kube::ReplicasChange wanted = replicas_change(change, change.replicas, change.to_replicas);
  const kube::ReplicasResult result = co_await kube::set_replicas(client, reference(change), wanted);
  co_return made(change, result.outcome, result.error);
}

Task<ChangeResult> undo_change(kube::Client& client, Change change) {
  switch (change.kind) {
    case ChangeKind::replicas:
      co_return co_await undo_replicas(client, change);
    case ChangeKind::field:
      co_return co_await undo_field(client, change);
    case ChangeKind::pods:
      break;
  }
  // Their controller makes new ones: there is nothing to write, and put_back() waits for them.
  co_return ChangeResult{Outcome::already, {}};
}

Task<std::string> try_change(kube::Client& client, Change change) {
  switch (change.kind) {
    case ChangeKind::replicas:
      co_return co_await try_replicas(client, change);
    case ChangeKind::field:
      co_return co_await try_field(client, change);
    case ChangeKind::pods:
      break;
  }
  co_return co_await try_delete(client, change);
}

}  // namespace meshdrill::drill
