#include "probe/sample.hpp"

#include <set>

#include <doctest/doctest.h>

namespace meshdrill::probe {
namespace {

TEST_CASE("every outcome has a name of its own that reads back and a description") {
  std::set<std::string_view> names;
  std::set<std::string_view> descriptions;
  for (std::size_t i = 0; i < outcome_count; ++i) {
    const auto outcome = static_cast<Outcome>(i);
    CHECK(from_string<Outcome>(to_string(outcome)) == outcome);
    names.insert(to_string(outcome));
    descriptions.insert(describe(outcome));
  }
  CHECK(names.size() == outcome_count);
  CHECK(descriptions.size() == outcome_count);
  CHECK_FALSE(from_string<Outcome>("nonsense"));
}

TEST_CASE("the other enumerations read back too") {
  for (const auto kind : {StreamKind::pinned, StreamKind::following}) {
    CHECK(from_string<StreamKind>(to_string(kind)) == kind);
  }
  for (const auto kind : {ConnectionKind::fresh, ConnectionKind::reused}) {
    CHECK(from_string<ConnectionKind>(to_string(kind)) == kind);
  }
  for (int i = 0; i <= static_cast<int>(DnsResult::error); ++i) {
    const auto result = static_cast<DnsResult>(i);
    CHECK(from_string<DnsResult>(to_string(result)) == result);
  }
  CHECK(to_string(Outcome::reset_in_answer) == "reset_in_answer");
  CHECK(to_string(DnsResult::servfail) == "servfail");
}

TEST_CASE("each failure of a lookup has a bucket of its own") {
  std::set<Outcome> outcomes;
  for (int i = 1; i <= static_cast<int>(DnsResult::error); ++i)
    outcomes.insert(outcome_of(static_cast<DnsResult>(i)));
  CHECK(outcomes.size() == 7);
}

}  // namespace
}  // namespace meshdrill::probe
