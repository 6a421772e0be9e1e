#include "base/files.hpp"

#include "support/test_folder.hpp"

#include <sys/stat.h>

#include <doctest/doctest.h>

using namespace meshdrill;

namespace {

unsigned mode_of(const std::filesystem::path& path) {
  struct stat status{};
  REQUIRE(::stat(path.c_str(), &status) == 0);
  return status.st_mode & 0777U;
}

std::size_t entries(const std::filesystem::path& path) {
  return static_cast<std::size_t>(
      std::distance(std::filesystem::directory_iterator{path}, std::filesystem::directory_iterator{}));
}

}  // namespace

TEST_CASE("a file is replaced whole and gets the mode asked for") {
  const TestFolder folder;
  const auto file = folder.path / "key.pem";
  REQUIRE(write_file(file, "old", 0600));
  CHECK(mode_of(file) == 0600);
  REQUIRE(write_file(file, "new", 0644));
  CHECK(read_file(file) == std::string{"new"});
  CHECK(mode_of(file) == 0644);
  CHECK(entries(folder.path) == 1);
  CHECK(mode_of(folder.path) == 0700);
}

TEST_CASE("a failed write names the file and leaves nothing behind") {
  const TestFolder folder;
  std::filesystem::create_directory(folder.path / "taken");
  const auto written = write_file(folder.path / "taken", "x");
  REQUIRE_FALSE(written);
  CHECK(written.error().message.find("cannot write " + (folder.path / "taken").string()) == 0);
  CHECK(entries(folder.path) == 1);
  CHECK_FALSE(write_file(folder.path / "absent" / "file", "x"));
}

TEST_CASE("reading is bounded") {
  const TestFolder folder;
  REQUIRE(write_file(folder.path / "f", "12345"));
  CHECK(read_file(folder.path / "f", 5));
  const auto too_large = read_file(folder.path / "f", 4);
  REQUIRE_FALSE(too_large);
  CHECK(too_large.error().message.find("larger than 4 bytes") != std::string::npos);
}
