#include "manual/complete.hpp"

#include "manual/sample.hpp"

#include <doctest/doctest.h>

namespace meshdrill::manual {

namespace {

std::vector<Candidate> contexts(const Option& option, std::span<const std::string>) {
  if (option.value != "CONTEXT") return {};
  return {{"north", "a cluster"}, {"south", ""}};
}

std::string asked(const std::vector<std::string>& words) {
  return to_text(complete(sample(), words, contexts));
}

}  // namespace

TEST_CASE("verbs are offered with what they do") {
  CHECK(asked({""}) == "drill\tDrills\nstatus\tLooks | says\n:4\n");
  CHECK(asked({"st"}) == "status\tLooks | says\n:4\n");
  CHECK(asked({"drill", ""}) == "run\tDo it\nplan\tSay it\n:4\n");
  CHECK(asked({"drill", "run", "p"}) == ":0\n");  // no verb but a file
}

TEST_CASE("options are offered by their long names, and by the short one when it is typed") {
  CHECK(asked({"status", "--"}) ==
        "--help\tPrint this\n--file\tThe mesh file\n--output\tWhat to print\n--context\tOf the "
        "kubeconfig\n:4\n");
  CHECK(asked({"status", "-o"}) == "-o\tWhat to print\n:4\n");
  CHECK(asked({"status", "--o"}) == "--output\tWhat to print\n:4\n");
}

TEST_CASE("values come from the choices, from the file system or from the program") {
  CHECK(asked({"status", "-o", ""}) == "text\njson\njunit\n:4\n");
  CHECK(asked({"status", "--output", "j"}) == "json\njunit\n:4\n");
  CHECK(asked({"status", "--output=ju"}) == "junit\n:4\n");
  CHECK(asked({"status", "-f", ""}) == ":0\n");
  CHECK(asked({"status", "--file=me"}) == ":0\n");
  CHECK(asked({"status", "--context", "n"}) == "north\ta cluster\n:4\n");
}

TEST_CASE("what was typed before is understood") {
  CHECK(asked({"status", "-f", "drill", "-o", "t"}) == "text\n:4\n");  // "drill" is a file here
  CHECK(asked({"status", "--help", "--co"}) == "--context\tOf the kubeconfig\n:4\n");
  CHECK(asked({"drill", "run", "--", "-x"}) == ":0\n");
  CHECK(asked({"nonsense", ""}) == ":4\n");
  CHECK(asked({"status", "--help=x"}) == ":4\n");           // a flag has no value
  CHECK(asked({"drill", "run", "a.jsonl", ""}) == ":4\n");  // takes one file only
}

}  // namespace meshdrill::manual
