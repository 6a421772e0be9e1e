#include "base/text_table.hpp"

#include <doctest/doctest.h>

using namespace meshdrill;

TEST_CASE("columns line up by characters") {
  TextTable table;
  table.row({"address", "lab-001", "p99"});
  table.row({"127.64.1.2", "12", "80 µs"});
  CHECK(table.text() == "  address     lab-001    p99\n  127.64.1.2       12  80 µs\n");
}

TEST_CASE("more columns can be to the left and short rows end early") {
  TextTable table{2};
  table.row({"a", "bb", "c"});
  table.row({"aaa", "b"});
  table.row({"", ""});
  CHECK(table.text("") == "a    bb  c\naaa  b\n\n");
}
