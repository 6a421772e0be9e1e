// The drill's Lease in one cluster: the lock that keeps a second drill away, and the carrier of the record.
#pragma once

#include "drill/safety/record.hpp"
#include "kube/lease.hpp"

#include <optional>
#include <string>

namespace meshdrill::drill {

// A holder that has not renewed for this long, by our own watch, is dead.
inline constexpr int lock_duration_seconds = 10;
inline constexpr std::chrono::seconds lock_renewal{2};

class Lock {
 public:
  // `client` must outlive it. `run` becomes the holder: it must be one that nobody else has. `who` is for the
  // person whose drill is refused: which drill, from which machine.
  Lock(kube::Client& client, std::string run, std::string who)
      : client_(client), run_(std::move(run)), who_(std::move(who)) {}

  // All of these settle a lost answer by reading, and try again for some seconds what may pass by itself.

  // Takes the lock, or says who has it, since when.
  Task<Result<>> acquire();
  // Takes it from a dead holder, with the record that it left: only while the Lease is still `seen`.
  Task<Result<>> take_over(kube::Lease seen);
  // Writes the Lease with `record` (none: without one) and a fresh renewTime. Fails when somebody else holds
  // it now. A Lease that somebody deleted is made again.
  Task<Result<>> keep(std::optional<Record> record);
  // Renews with the record that was kept last.
  Task<Result<>> renew();
  // Gives the lock up and takes the record away. Does nothing when somebody else holds it.
  Task<Result<>> release();

  // Gives the lock up, and leaves the record where it is.
  Task<Result<>> leave();

  [[nodiscard]] const std::string& cluster() const { return client_.connection().name; }
  // Somebody else held it when it was last looked at.
  [[nodiscard]] bool lost() const { return lost_; }

 private:
  Task<Result<>> write(std::string holder, Duration limit);
  Task<kube::ApiResult<kube::Lease>> put(std::optional<kube::Lease> found, std::string holder);
  void fill(kube::Lease& lease, const std::string& holder) const;

  kube::Client& client_;
  std::string run_;
  std::string who_;
  std::optional<Record> record_;
  bool lost_ = false;
};

// The Lease as it stands, or nothing when this cluster has none.
Task<kube::ApiResult<std::optional<kube::Lease>>> find_lease(kube::Client& client);

// Whether a drill holds it, or one that was cut short has left its record.
bool left_behind(const kube::Lease& lease);

// For a person: who holds it, since when, and what to do if he is dead.
std::string held_by_other(const std::string& cluster, const kube::Lease& lease);

// The run that holds it or left its record there, by name.
std::string run_of(const kube::Lease& lease);

// The record that `lease` carries, if any.
Result<std::optional<Record>> record_of(const kube::Lease& lease);

}  // namespace meshdrill::drill
