// What single entries of a journal say, in words: for the lines of a running drill and the events of the time
// line.
#pragma once

#include "drill/journal/journal.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace meshdrill::report {

// A member of the entry, printable; empty or 0 where there is none of that type.
std::string text_of(const drill::Entry& entry, std::string_view key);
std::int64_t number_of(const drill::Entry& entry, std::string_view key);

// Of "intent" and "wrote": "scale-down in lab-001: deployment default/api to 0 replicas".
std::string describe_write(const drill::Entry& entry);

// Of "observed": "lab-001 has 2 ready endpoints", "Deployment kube-system/clustermesh-apiserver of lab-001: 0
// ready".
std::string describe_observation(const drill::Entry& entry);

}  // namespace meshdrill::report
