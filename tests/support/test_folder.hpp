// A folder of a test's own, gone with it.
#pragma once

#include "base/files.hpp"

#include <filesystem>
#include <string>
#include <string_view>
#include <system_error>

#include <doctest/doctest.h>

namespace meshdrill {

struct TestFolder {
  TestFolder() = default;
  TestFolder(const TestFolder&) = delete;
  TestFolder& operator=(const TestFolder&) = delete;
  ~TestFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path, ignored);
  }

  // Writes the file `name` in it (mode 0600), and returns its path. Fails the test where it cannot.
  std::string write(const std::string& name, std::string_view text) const {
    REQUIRE(write_file(path / name, text, 0600).has_value());
    return (path / name).string();
  }

  const std::filesystem::path path = make_temporary_folder("meshdrill-test").value();
};

}  // namespace meshdrill
