#include "drill/journal/journal.hpp"

#include "support/test_folder.hpp"

#include <fstream>
#include <vector>

#include <doctest/doctest.h>

using namespace meshdrill;
using namespace meshdrill::drill;
using namespace std::chrono_literals;

namespace {

std::vector<Entry> read_all(const std::filesystem::path& path, Result<>& status) {
  std::vector<Entry> entries;
  status = read_journal(path, [&](const Entry& entry) {
    entries.push_back(entry);
    return Result<>{};
  });
  return entries;
}

void append_raw(const std::filesystem::path& path, const std::string& text) {
  std::ofstream{path, std::ios::app} << text;
}

}  // namespace

TEST_CASE("a journal that a drill has left can be added to, unless it ends in half a line") {
  const TestFolder folder;
  const auto path = folder.path / "journal.jsonl";
  CHECK_FALSE(Journal::reopen(path));
  append_raw(path, "{\"at\":1,\"event\":\"start\"}\n");
  {
    auto journal = Journal::reopen(path);
    REQUIRE(journal);
    REQUIRE(journal->append({probe::Offset{2}, "end", {}}, Durability::synced));
  }
  Result<> status;
  CHECK(read_all(path, status).size() == 2);
  append_raw(path, "{\"at\":3,\"ev");
  const auto torn = Journal::reopen(path);
  REQUIRE_FALSE(torn);
  CHECK(torn.error().message.find("middle of a line") != std::string::npos);
}

TEST_CASE("entries are read back in order") {
  const TestFolder folder;
  const auto path = folder.path / "run.jsonl";
  {
    auto journal = Journal::create(path);
    REQUIRE(journal);
    REQUIRE(journal->append({1us, "start", {{"run", "r\n1"}}}, Durability::synced));
    REQUIRE(journal->append({2us, "end", {}}, Durability::written));
  }
  Result<> status;
  const auto entries = read_all(path, status);
  REQUIRE(status);
  REQUIRE(entries.size() == 2);
  CHECK(entries[0].at == 1us);
  CHECK(entries[0].event == "start");
  CHECK(entries[0].fields.at("run").as_string() == "r\n1");
  CHECK(entries[1].event == "end");
}

TEST_CASE("a journal is never overwritten") {
  const TestFolder folder;
  REQUIRE(Journal::create(folder.path / "run.jsonl"));
  const auto again = Journal::create(folder.path / "run.jsonl");
  REQUIRE_FALSE(again);
  CHECK(again.error().message.find("File exists") != std::string::npos);
}

TEST_CASE("a last line that was cut short is left out and a broken one in the middle is an error") {
  const TestFolder folder;
  const auto path = folder.path / "run.jsonl";
  append_raw(path, "{\"at\":1,\"event\":\"start\"}\n{\"at\":2,\"eve");
  Result<> status;
  CHECK(read_all(path, status).size() == 1);
  CHECK(status);
  append_raw(path, "\n{\"at\":3,\"event\":\"end\"}\n");
  CHECK(read_all(path, status).size() == 1);
  REQUIRE_FALSE(status);
  CHECK(status.error().message.find("run.jsonl:2: this is no line of a journal") != std::string::npos);
}

TEST_CASE("a journal that cannot be made says so") {
  const TestFolder folder;
  std::filesystem::create_directory_symlink("/nonexistent", folder.path / "link");
  CHECK_FALSE(Journal::create(folder.path / "link" / "run.jsonl"));
}
