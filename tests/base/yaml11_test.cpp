#include "base/yaml11.hpp"

#include <cmath>

#include <doctest/doctest.h>

using namespace meshdrill;
using Type = Yaml11Scalar::Type;

namespace {

double number(std::string_view text) {
  const Yaml11Scalar value = resolve_yaml11(text);
  REQUIRE_MESSAGE(value.type == Type::number, text);
  return value.number;
}

}  // namespace

// Each line was seen in what helm 3.17.2 and 4.1.4 make of it; tests/mesh holds more of them against helm
// itself.
TEST_CASE("numbers are read as Go reads them") {
  CHECK(number("002") == 2);
  CHECK(number("010") == 8);
  CHECK(number("008") == 8);
  CHECK(number("-010") == -8);
  CHECK(number("0o17") == 15);
  CHECK(number("0X1f") == 31);
  CHECK(number("-0b11") == -3);
  CHECK(number("1_000") == 1000);
  CHECK(number("0x_1") == 1);
  CHECK(number("1.") == 1);
  CHECK(number(".5") == 0.5);
  CHECK(number("+.5") == 0.5);
  CHECK(number("010.5") == 10.5);
  CHECK(number("1e3") == 1000);
  CHECK(number("12345678901234567890") == 12345678901234567890.0);
  CHECK(number("1e-400") == 0);
  CHECK(std::isinf(number("-.inf")));
}

TEST_CASE("words are read as YAML 1.1 has them") {
  for (const char* text : {"y", "Yes", "ON", "true"}) {
    CHECK_MESSAGE((resolve_yaml11(text).type == Type::boolean && resolve_yaml11(text).boolean), text);
  }
  for (const char* text : {"N", "no", "Off", "FALSE"}) {
    CHECK_MESSAGE((resolve_yaml11(text).type == Type::boolean && !resolve_yaml11(text).boolean), text);
  }
  for (const char* text : {"", "~", "null", "Null", "NULL"}) CHECK(resolve_yaml11(text).type == Type::null);
  for (const char* text : {"yEs", "t", "nULL", "0b", "0x", "0o8", "_1", "1e400", "1:30", "2024-01-01", "-",
                           ".", "+", "1e", "._5", "0x1g", "."}) {
    CHECK_MESSAGE(resolve_yaml11(text).type == Type::string, text);
  }
}
