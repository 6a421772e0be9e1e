// The drill's Lease in one cluster: the lock that keeps a second drill away, and the carrier of the record.
#pragma once

#include "drill/record.hpp"
#include "kube/lease.hpp"

#include <optional>
#include <string>

namespace meshdrill::drill {

// A holder that has not renewed for this long, by our own watch, is dead.
inline constexpr int lock_duration_seconds = 10;
inline constexpr std::chrono::seconds lock_renewal{2};

class Lock {
 public:
  // `client` must outlive it. `run` becomes the holder; `who` is for the person whose drill is refused: which
  // drill, from which machine.
  Lock(kube::Client& client, std::string run, std::string who)
      : client_(client), run_(std::move(run)), who_(std::move(who)) {}

  // Takes the lock, or says who has it.
  Task<Result<>> acquire();
  // Takes it from a dead holder, with the record that it left: only while the Lease is still `seen`.
  Task<Result<>> take_over(kube::Lease seen);
  // Writes the Lease with `record` (none: without one) and a fresh renewTime. Fails when somebody else holds
  // it now.
  Task<Result<>> keep(std::optional<Record> record);
  // Renews with the record that was kept last.
  Task<Result<>> renew();
  // Gives the lock up and takes the record away.
  Task<Result<>> release();

 private:
  Task<Result<>> write(std::string holder);
  void fill(kube::Lease& lease, const std::string& holder) const;

  kube::Client& client_;
  std::string run_;
  std::string who_;
  std::optional<Record> record_;
};

// The Lease as it stands, or nothing when this cluster has none.
Task<Result<std::optional<kube::Lease>>> find_lease(kube::Client& client);

// The record that `lease` carries, if any.
Result<std::optional<Record>> record_of(const kube::Lease& lease);

}  // namespace meshdrill::drill
