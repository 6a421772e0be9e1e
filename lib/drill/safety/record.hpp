// What must be known to put a cluster back, in the cluster itself: an annotation of the drill's Lease. It is
// written before the first change and taken away after the restore is verified, so `recover` works from a
// machine that never saw the journal.
#pragma once

#include "base/result.hpp"
#include "drill/change/change.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace meshdrill::drill {

// Where the Lease is, the same in every cluster: one drill a mesh at a time.
inline constexpr const char* lease_namespace = "kube-system";
inline constexpr const char* lease_name = "meshdrill";
inline constexpr const char* record_annotation = "meshdrill.io/record";
inline constexpr const char* holder_annotation = "meshdrill.io/holder";  // who runs the drill, for a person

struct Record {
  std::string run;
  std::string drill;    // its name
  std::string host;     // where it was started
  std::string started;  // RFC 3339
  std::vector<Change> changes;
  Ownership ownership = Ownership::keep;  // what the restore does about the fields' owners
};

// The machine that this process runs on, for the journal, the record and the holder of a Lease.
std::string host_name();

std::string encode(const Record& record);
// Also reads the records of earlier versions.
Result<Record> decode_record(std::string_view text);

}  // namespace meshdrill::drill
