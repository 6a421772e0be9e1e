#include "drill/journal/history.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace meshdrill::drill {
namespace {

constexpr std::array<std::string_view, 5> abort_names{"refused", "guard", "interference", "interrupted",
                                                      "failed"};

}  // namespace

std::string_view to_string(Abort::Kind kind) {
  return abort_names.at(static_cast<std::size_t>(kind));
}

bool History::at_target(const std::optional<IpAddress>& address) const {
  if (!address) return false;
  return std::any_of(clusters.begin(), clusters.end(), [&](const ClusterInfo& cluster) {
    return cluster.name == target() &&
           std::find(cluster.ingress.begin(), cluster.ingress.end(), *address) != cluster.ingress.end();
  });
}

bool History::is_taken_away(const std::string& cluster, const std::optional<IpAddress>& address) const {
  switch (scenario.fault.kind) {
    case Fault::Kind::scale:
      return target_silenced() && cluster == target();
    case Fault::Kind::unshare:
      return cluster == target() && !at_target(address);  // its own ingress keeps its own Pods
    case Fault::Kind::ingress_controller:
      return at_target(address);
    case Fault::Kind::control_plane:
    case Fault::Kind::delete_pods:
    case Fault::Kind::none:
      break;
  }
  return false;
}

bool History::is_of_fault(const probe::Stream& stream) const {
  if (scenario.fault.kind != Fault::Kind::ingress_controller) return false;
  return stream.kind != probe::StreamKind::pinned || at_target(stream.address);
}

bool History::takes_answers_away() const {
  const Fault::Kind kind = scenario.fault.kind;
  return target_silenced() || kind == Fault::Kind::unshare || kind == Fault::Kind::ingress_controller;
}

const PhaseRecord* History::phase(Phase wanted) const {
  const auto found =
      std::find_if(phases.begin(), phases.end(), [&](const PhaseRecord& p) { return p.phase == wanted; });
  return found == phases.end() ? nullptr : &*found;
}

Result<History> read_history(const std::filesystem::path& journal) {
  HistoryBuilder builder;
  bool any = false;
  const Result<> read = read_journal(journal, [&](const Entry& entry) {
    any = true;
    return builder.add(entry);
  });
  if (!read) return tl::unexpected(read.error());
  if (!any) return fail(fmt::format("{} is empty: the run ended before it began", journal.string()));
  return builder.history();
}

}  // namespace meshdrill::drill
