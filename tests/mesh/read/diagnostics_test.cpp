// Every file under bad/ is refused and every file under good/ is accepted, with exactly the findings that
// stand in it as "# expect: LINE:COLUMN: SEVERITY: TEXT".
#include "base/files.hpp"
#include "mesh/rule_sources.hpp"

#include <algorithm>
#include <sstream>

namespace meshdrill::mesh {
namespace {

std::vector<std::filesystem::path> files_in(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator{folder}) files.push_back(entry.path());
  std::sort(files.begin(), files.end());
  return files;
}

std::vector<std::string> expected(const std::string& text) {
  constexpr std::string_view mark = "# expect: ";
  std::vector<std::string> lines;
  std::istringstream in{text};
  for (std::string line; std::getline(in, line);) {
    if (line.starts_with(mark)) lines.push_back(line.substr(mark.size()));
  }
  return lines;
}

void compare(const std::filesystem::path& path, bool good) {
  const std::string file = path.filename().string();
  CAPTURE(file);
  const Result<std::string> text = read_file(path);
  REQUIRE(text);
  const Checked<Allocation> loaded = load_mesh_text(*text, file);
  CHECK(loaded.has_value() == good);
  std::vector<std::string> found;
  for (Diagnostic finding : loaded ? loaded->findings : loaded.error()) {
    CHECK(finding.where.file == file);
    CHECK_MESSAGE((is_rule(finding.rule) || finding.rule.empty()), finding.rule);
    finding.cure.clear();
    found.push_back(to_string(finding).substr(file.size() + 1));
  }
  CHECK(found == expected(*text));
}

}  // namespace

TEST_CASE("bad mesh files are refused with their findings") {
  const auto files = files_in(source_folder() / "tests/mesh/bad");
  CHECK(files.size() > 50);
  for (const auto& file : files) compare(file, false);
}

TEST_CASE("good mesh files are accepted with their findings") {
  const auto files = files_in(source_folder() / "tests/mesh/good");
  CHECK(files.size() > 15);
  for (const auto& file : files) compare(file, true);
}

}  // namespace meshdrill::mesh
