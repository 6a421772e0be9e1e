#include "drill/journal/recorder.hpp"

#include "drill/support.hpp"
#include "support/test_folder.hpp"

#include <stdexcept>

#include <doctest/doctest.h>

using namespace meshdrill;
using namespace meshdrill::drill;

TEST_CASE("a watch that throws is not called again, and the journal goes on") {
  const TestFolder folder;
  int calls = 0;
  auto journal = Journal::create(folder.path / "journal.jsonl");
  REQUIRE(journal);
  Recorder recorder(std::move(*journal), std::chrono::steady_clock::now(), [&](const Entry&, const History&) {
    ++calls;
    throw std::runtime_error("the terminal is gone");
  });
  recorder.note("warning", {{"message", "one"}});
  recorder.note("warning", {{"message", "two"}});
  CHECK(calls == 1);
  int lines = 0;
  CHECK(read_journal(folder.path / "journal.jsonl", [&](const Entry&) {
    ++lines;
    return Result<>{};
  }));
  CHECK(lines == 2);
}

TEST_CASE("a full disk is remembered, and the history goes on in memory") {
  // /dev/full takes nothing, as a full disk.
  auto journal = Journal::reopen("/dev/full");
  REQUIRE(journal);
  Recorder recorder(std::move(*journal), std::chrono::steady_clock::now(), {});
  recorder.note("warning", {{"message", "one"}}, Durability::synced);
  REQUIRE(recorder.broken());
  CHECK(recorder.broken()->message.find("/dev/full") != std::string::npos);
}
