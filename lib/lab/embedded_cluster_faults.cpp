// What is made to go wrong in one cluster of a lab.
#include "lab/embedded_cluster_state.hpp"

#include <optional>

#include <fmt/format.h>

namespace meshdrill::lab {
namespace {

// The API's own faults; nothing for the others.
std::optional<ApiFault> api_fault(const Fault& wanted) {
  ApiFault fault;
  fault.count = wanted.count;
  fault.resource = wanted.resource;
  switch (wanted.kind) {
    case FaultKind::api_429:
      fault.kind = ApiFault::Kind::too_many_requests;
      return fault;
    case FaultKind::api_500:
      fault.kind = ApiFault::Kind::internal_error;
      return fault;
    case FaultKind::api_close:
      fault.kind = ApiFault::Kind::close;
      return fault;
    case FaultKind::api_401:
      fault.kind = ApiFault::Kind::unauthorized;
      return fault;
    case FaultKind::api_latency:
      fault.kind = ApiFault::Kind::latency;
      fault.delay = wanted.value;
      return fault;
    case FaultKind::lost_answer:
      fault.kind = ApiFault::Kind::lost_answer;
      return fault;
    case FaultKind::conflict:
      fault.kind = ApiFault::Kind::conflict;
      return fault;
    case FaultKind::refused_writes:
      fault.kind = ApiFault::Kind::refused;
      return fault;
    case FaultKind::expired_watches:
      fault.kind = ApiFault::Kind::expired_watch;
      return fault;
    default:
      return std::nullopt;
  }
}

}  // namespace

Result<> EmbeddedCluster::set_fault(const Fault& fault) {
  auto of_api = api_fault(fault);
  if (!of_api) return state_->switch_fault(fault, true);
  // One of a kind at a time, as the list of faults has it.
  state_->api->faults().clear(of_api->kind);
  state_->api->faults().set(std::move(*of_api));
  if (fault.kind == FaultKind::expired_watches) state_->api->expire_watches();
  return {};
}

Result<> EmbeddedCluster::clear_fault(FaultKind kind) {
  const Fault fault{.kind = kind, .cluster = {}, .resource = {}};
  const auto of_api = api_fault(fault);
  if (!of_api) return state_->switch_fault(fault, false);
  state_->api->faults().clear(of_api->kind);
  return {};
}

void EmbeddedCluster::State::refuse(FaultKind kind, bool from_now_on) {
  (kind == FaultKind::exec_refused ? exec_refused : secrets_refused) = from_now_on;
  AccessRules& access = api->handler().access();
  access.allow_all();
  if (exec_refused) access.deny({.user = {}, .verb = {}, .resource = "pods/exec", .ns = {}});
  if (secrets_refused) access.deny({.user = {}, .verb = {}, .resource = "secrets", .ns = {}});
}

Result<> EmbeddedCluster::State::switch_fault(const Fault& fault, bool on) {
  using Balance = DataPlane::Balance;
  switch (fault.kind) {
    case FaultKind::propagation_delay:
      ground.mesh.set_delay(facts.name, on ? fault.value : ground.timings.propagation);
      break;
    case FaultKind::stale_backends:
      agent->keep_stale(on);
      break;
    case FaultKind::not_global:
      not_global.set(on);
      break;
    case FaultKind::no_service_upstream:
      no_service_upstream.set(on);
      break;
    case FaultKind::ingress_down:
      ingress_down = on;
      return serve_ingress();
    case FaultKind::sticky_balancer:
      agent->set_balance(on ? Balance::sticky : Balance::even);
      break;
    case FaultKind::skewed_balancer:
      agent->set_balance(on ? Balance::skewed : Balance::even);
      break;
    case FaultKind::slow_pods:
      kubelet.slow_down(on ? fault.value : Duration::zero());
      break;
    case FaultKind::capacity:
      kubelet.limit_capacity(on ? fault.count : 0);
      break;
    case FaultKind::flapping_backend:
      kubelet.flap(on);
      break;
    case FaultKind::self_heal:
      self_heal.set(on ? std::optional(fault.value) : std::nullopt);
      break;
    case FaultKind::clock_skew:
      api->set_clock_skew(on ? fault.value : Duration::zero());
      break;
    case FaultKind::exec_refused:
    case FaultKind::secrets_refused:
      refuse(fault.kind, on);
      break;
    case FaultKind::peer_not_connected:
      agent_view.disconnect(on);
      break;
    default:
      return fail(fmt::format("fault {} is not one of a cluster", info_of(fault.kind).name));
  }
  return {};
}

bool EmbeddedCluster::fault_holds(FaultKind kind) const {
  const auto fault = api_fault({.kind = kind, .cluster = {}, .resource = {}});
  return !fault || state_->api->faults().holds(fault->kind);
}

}  // namespace meshdrill::lab
