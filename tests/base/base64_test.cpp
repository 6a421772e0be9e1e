#include "base/base64.hpp"

#include <doctest/doctest.h>

namespace meshdrill {

TEST_CASE("base64 of every length comes back") {
  std::string bytes;
  for (int i = 0; i < 300; ++i) {
    CHECK(decode_base64(encode_base64(bytes)) == bytes);
    bytes += static_cast<char>(i * 37);
  }
  CHECK(encode_base64("") == "");
  CHECK(encode_base64("a") == "YQ==");
  CHECK(encode_base64("ab") == "YWI=");
  CHECK(encode_base64("abc") == "YWJj");
}

TEST_CASE("what is no base64 is refused") {
  for (const char* text : {"a", "YQ", "YQ=", "YQ==YQ==", "Y=Q=", "Y Q="}) {
    CAPTURE(text);
    CHECK_FALSE(decode_base64(text));
  }
  CHECK(decode_base64("YWJj\nYWJj") == "abcabc");
}

}  // namespace meshdrill
