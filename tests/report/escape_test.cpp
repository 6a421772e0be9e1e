#include "report/escape.hpp"

#include "report/support.hpp"

#include <doctest/doctest.h>

using namespace meshdrill::report;
using testing::hostile;

TEST_CASE("control characters and what is no UTF-8 go, the rest stays") {
  CHECK(clean("a\x01\x1b[31mb\x7f") == "a[31mb");
  CHECK(clean("ä€😀\t\r\n") == "ä€😀\t\r\n");
  CHECK(clean("\xff|\xc3|\xed\xa0\x80") == "\xEF\xBF\xBD|\xEF\xBF\xBD|\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD");
  CHECK(clean("\xef\xbf\xbe\xef\xbf\xbf") == "");
}

TEST_CASE("text is cut between characters") {
  CHECK(shorten("abc", 3) == "abc");
  CHECK(shorten("abcd", 3) == "abc…");
  CHECK(shorten("aä€", 2) == "a…");
  CHECK(shorten("aä€", 5) == "aä…");
}

TEST_CASE("XML and HTML see no markup") {
  CHECK(escape_xml("<a b=\"c\">'&\n") == "&lt;a b=&quot;c&quot;&gt;&#39;&amp;&#10;");
  CHECK(escape_xml_text("<a b=\"c\">\n") == "&lt;a b=\"c\"&gt;\n");
  CHECK(escape_xml_text(hostile).find_first_of("<>\x01\x1b") == std::string::npos);
  CHECK(escape_xml(hostile).find_first_of("<>\"'\n\x01\x1b") == std::string::npos);
}

TEST_CASE("Markdown sees no markup, no mention and no second line") {
  CHECK(escape_markdown("a|b\nc") == "a\\|b c");
  CHECK(escape_markdown("<b>@you #7 [x](y) `z`") == "&lt;b&gt;&#64;you &#35;7 \\[x\\](y) \\`z\\`");
  CHECK(escape_markdown(hostile).find_first_of("<>@\n\r") == std::string::npos);
}

TEST_CASE("a workflow command stays one line and one command") {
  CHECK(escape_github("50%\r\nnext") == "50%25%0D%0Anext");
  CHECK(escape_github_property("a:b,c") == "a%3Ab%2Cc");
}

TEST_CASE("a spreadsheet gets text, not formulas") {
  CHECK(escape_csv("plain") == "plain");
  CHECK(escape_csv("a,\"b\"\nc") == "\"a,\"\"b\"\" c\"");
  CHECK(escape_csv("=1+1") == "'=1+1");
}

TEST_CASE("JSON in a page cannot end its script") {
  CHECK(escape_script("\"</script>\"") == "\"\\u003c/script>\"");
  CHECK(escape_script("\xE2\x80\xA8\xE2\x80\xA9") == "\\u2028\\u2029");
}

TEST_CASE("labels of metrics") {
  CHECK(escape_label("a\"b\\c\nd") == "a\\\"b\\\\c d");
}
