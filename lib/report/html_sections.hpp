// The parts of the HTML report that are words and tables. Each returns markup in which all that comes from
// the journal is escaped, and is empty when it has nothing to say.
#pragma once

#include "report/run_record.hpp"

#include <string>

namespace meshdrill::report::html {

std::string verdict(const RunRecord& run);
// What forbids the drill, and what it warns of.
std::string preflight(const drill::History& history);
std::string outages(const drill::History& history);
std::string matrix(const drill::History& history);
std::string proofs(const drill::History& history);
std::string checks(const drill::Verdict& verdict);
std::string put_back(const drill::History& history);
std::string what_happened(const Timeline& timeline);
std::string not_proved(const RunRecord& run);
std::string environment(const RunRecord& run);

}  // namespace meshdrill::report::html
