// The one truth about a run: an append-only file of JSON lines, written as things happen. Every report, the
// verdict and the exit code are read from it and from nothing else. docs/reference/journal.md lists the
// events.
#pragma once

#include "base/result.hpp"
#include "probe/sample.hpp"

#include <filesystem>
#include <functional>
#include <string>

#include <boost/json/object.hpp>

namespace meshdrill::drill {

inline constexpr int journal_schema = 1;

struct Entry {
  probe::Offset at{};  // since the run's epoch
  std::string event;   // "start", "phase", "samples", …
  boost::json::object fields;
};

// How far an append must have got before it returns.
enum class Durability {
  written,  // handed to the kernel: survives our own death
  synced,   // on the disk: survives the machine's; demanded before anything is changed in a cluster
};

class Journal {
 public:
  // A new file; fails when there is one already, since a journal is never overwritten.
  static Result<Journal> create(const std::filesystem::path& path);
  // One that a drill has left, to add to. Fails when it ends in the middle of a line.
  static Result<Journal> reopen(const std::filesystem::path& path);
  Journal(Journal&& other) noexcept;
  Journal& operator=(Journal&&) = delete;
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;
  ~Journal();

  // One line in one write(2), so that a reader never sees half of one unless the disk is full.
  Result<> append(const Entry& entry, Durability durability);

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  Journal(std::filesystem::path path, int file) : path_(std::move(path)), file_(file) {}

  std::filesystem::path path_;
  int file_ = -1;
};

// Calls `take` with each entry in order, holding one line in memory at a time. A last line that was cut
// short, as by kill -9 or a full disk, is left out. Any other line that is no entry is an error that names
// it. Stops early when `take` returns an error.
Result<> read_journal(const std::filesystem::path& path, const std::function<Result<>(const Entry&)>& take);

}  // namespace meshdrill::drill
