#include "manual/man_page.hpp"

#include "manual/reference.hpp"
#include "manual/sample.hpp"

#include <doctest/doctest.h>

namespace meshdrill::manual {

namespace {

constexpr ExitMeaning exits[] = {{"0", "pass"}, {"2", "usage error"}};

std::string page_of(const char* verb) {
  const Command program = sample();
  return man_page(program, *program.find(verb), {"1.2.3", "2026-01-31", exits});
}

bool has(const std::string& text, std::string_view words) {
  return text.find(words) != std::string::npos;
}

}  // namespace

TEST_CASE("a page has what a man page has") {
  const std::string page = page_of("status");
  CHECK(page.starts_with(".TH MESHDRILL\\-STATUS 1 2026-01-31 \"meshdrill 1.2.3\" \"meshdrill\"\n"));
  CHECK(has(page, "meshdrill\\-status \\- Looks | says\n"));
  CHECK(has(page, ".B meshdrill status\n[OPTIONS]\n"));
  CHECK(
      has(page, ".B \\-o, \\-\\-output FORMAT\nWhat to print. One of: text, json, junit. Default: text.\n"));
  CHECK(has(page, ".B \\-f, \\-\\-file FILE\nThe mesh file. Required.\n"));
  CHECK(has(page, ".B 2\nusage error.\n"));
  CHECK(has(page, ".BR meshdrill (1)"));
}

TEST_CASE("nothing in the text is taken for a request of roff") {
  const std::string page = page_of("status");
  CHECK(has(page, "\n\\&.dot first\n"));
  CHECK(has(page, "\n\\&'quote' and \\e too\n"));
}

TEST_CASE("a verb with verbs lists them") {
  const std::string page = page_of("drill");
  CHECK(has(page, ".SH COMMANDS\n.TP\n.B run\nDo it.\n"));
  CHECK(has(page, ".BR meshdrill\\-drill\\-run (1)"));
}

TEST_CASE("the reference has every verb, and keeps its tables whole") {
  const std::string page = reference_page(sample(), exits);
  CHECK(has(page, "## `meshdrill drill run`"));
  CHECK(has(page, "meshdrill drill run [OPTIONS] FILE\n"));
  CHECK(has(page,
            "| `-o, --output FORMAT` | What to print. One of: `text`, `json`, `junit`. Default: `text`. |"));
  CHECK(has(page, "| 2 | usage error |"));
}

}  // namespace meshdrill::manual
