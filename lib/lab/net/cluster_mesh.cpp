#include "lab/net/cluster_mesh.hpp"

#include <algorithm>
#include <deque>
#include <utility>

namespace meshdrill::lab {

struct ClusterMesh::Member {
  Member(Executor executor, Duration wanted_delay, Listener listener)
      : delay(wanted_delay), arrived(std::move(listener)), timer(executor) {}

  Duration delay;
  bool connected = true;
  Listener arrived;
  Timer timer;
  std::deque<Update> under_way;  // by the time at which they are due
  std::map<ObjectKey, std::map<std::string, PortBackends>> known;
};

ClusterMesh::ClusterMesh(Executor executor) : executor_(executor) {}

ClusterMesh::~ClusterMesh() = default;

void ClusterMesh::join(const std::string& cluster, Duration delay, Listener arrived) {
  members_[cluster] = std::make_unique<Member>(executor_, delay, std::move(arrived));
}

void ClusterMesh::publish(const std::string& cluster, const ObjectKey& service,
                          const PortBackends& backends) {
  if (shut_down_) return;
  PortBackends& before = published_[{cluster, service}];
  if (before == backends) return;
  before = backends;
  if (!members_.at(cluster)->connected) return;
  for (const auto& [name, member] : members_) {
    if (name != cluster && member->connected) send(*member, cluster, service, backends);
  }
}

void ClusterMesh::send(Member& member, const std::string& from, const ObjectKey& service,
                       const PortBackends& backends) {
  // A shorter delay does not let a later change overtake an earlier one.
  Clock::time_point due = Clock::now() + member.delay;
  if (!member.under_way.empty()) due = std::max(due, member.under_way.back().due);
  member.under_way.push_back(Update{due, from, service, backends});
  if (member.under_way.size() == 1) arm(member);
}

void ClusterMesh::set_connected(const std::string& cluster, bool connected) {
  Member& subject = *members_.at(cluster);
  if (shut_down_ || subject.connected == connected) return;
  subject.connected = connected;
  if (!connected) {
    for (const auto& [name, member] : members_) {
      std::erase_if(member->under_way,
                    [&](const Update& update) { return member.get() == &subject || update.from == cluster; });
    }
    return;
  }
  for (const auto& [source, backends] : published_) {
    const auto& [from, service] = source;
    if (from != cluster && members_.at(from)->connected) send(subject, from, service, backends);
    if (from != cluster) continue;
    for (const auto& [name, member] : members_) {
      if (name != cluster && member->connected) send(*member, cluster, service, backends);
    }
  }
}

std::map<std::string, PortBackends> ClusterMesh::shared_with(const std::string& cluster,
                                                             const ObjectKey& service) const {
  const auto& known = members_.at(cluster)->known;
  const auto found = known.find(service);
  return found == known.end() ? std::map<std::string, PortBackends>{} : found->second;
}

bool ClusterMesh::settled() const {
  return std::ranges::all_of(members_, [](const auto& member) { return member.second->under_way.empty(); });
}

void ClusterMesh::set_delay(const std::string& cluster, Duration delay) {
  members_.at(cluster)->delay = delay;
}

void ClusterMesh::shutdown() {
  shut_down_ = true;
  for (const auto& [name, member] : members_) {
    member->under_way.clear();
    member->timer.cancel();
  }
}

void ClusterMesh::arm(Member& member) {
  member.timer.expires_at(member.under_way.front().due);
  member.timer.async_wait([this, &member](const error_code& error) {
    if (!error) deliver(member);
  });
}

void ClusterMesh::deliver(Member& member) {
  const auto now = Clock::now();
  while (!member.under_way.empty() && member.under_way.front().due <= now) {
    Update update = std::move(member.under_way.front());
    member.under_way.pop_front();
    member.known[update.service][update.from] = std::move(update.backends);
    member.arrived(update.service);
  }
  if (!member.under_way.empty()) arm(member);
}

}  // namespace meshdrill::lab
