// The loop behind every change that a drill makes and takes back: read, check that it is ours to change,
// write guarded by what was read, and settle lost answers by reading.
#pragma once

#include "kube/client.hpp"
#include "kube/pause.hpp"
#include "kube/resource.hpp"

#include <cstdint>
#include <optional>

namespace meshdrill::kube {

enum class ChangeOutcome : std::uint8_t {
  written,   // the wanted value stands, and we wrote it
  already,   // the wanted value stood before we wrote anything; nothing was written
  foreign,   // another uid, or a value that is neither expected nor wanted: left alone
  gone,      // the object does not exist
  failed,    // nothing was written; see the error
  unsettled  // a write was sent, its answer lost, and reading failed up to the deadline
};

// One change, by a subclass that knows how to read and write it.
class GuardedChange {
 public:
  GuardedChange(Client& client, Duration timeout);
  virtual ~GuardedChange() = default;
  GuardedChange(const GuardedChange&) = delete;
  GuardedChange& operator=(const GuardedChange&) = delete;

  // On a conflict reads and checks again, up to ten times; on what may pass (5xx, 429, a broken connection)
  // goes on until the timeout. Safe beside another that does the same.
  Task<ChangeOutcome> run();

  [[nodiscard]] const std::optional<ApiError>& error() const { return error_; }  // the last met, if any
  [[nodiscard]] int writes() const { return writes_; }                           // requests sent to write

 protected:
  enum class View : std::uint8_t { expected, wanted, foreign };

  // What stands now. A subclass keeps what write() needs.
  virtual Task<ApiResult<View>> look(Duration timeout) = 0;
  // Writes over what look() saw and nothing later.
  virtual Task<ApiResult<void>> write(Duration timeout) = 0;

  // The object as it stands.
  Task<ApiResult<boost::json::value>> read(ObjectRef object, Duration timeout);

  Client& client_;

 private:
  Task<std::optional<ChangeOutcome>> try_look();
  Task<std::optional<ChangeOutcome>> try_write();
  Task<bool> rest();
  [[nodiscard]] ChangeOutcome settle(ChangeOutcome outcome) const;
  [[nodiscard]] Duration time_left() const;

  Clock::time_point deadline_;
  BackOff back_off_;
  std::optional<ApiError> error_;
  bool fresh_ = false;      // the object may be written as it was seen
  bool undecided_ = false;  // the answer to one of our writes was lost
  int conflicts_ = 0;
  int writes_ = 0;
};

}  // namespace meshdrill::kube
