#include "drill/scenario/scenario.hpp"

#include <doctest/doctest.h>

namespace meshdrill::drill {

TEST_CASE("every key of a drill file has a meaning, and nothing else has") {
  for (const std::string& wrong : unmatched_keys(drill_file_shape(), drill_file_meanings()))
    FAIL_CHECK(wrong);
}

}  // namespace meshdrill::drill
