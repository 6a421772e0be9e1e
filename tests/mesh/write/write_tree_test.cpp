#include "mesh/write/write_tree.hpp"

#include "support/test_folder.hpp"

#include <fstream>
#include <map>

#include <doctest/doctest.h>

namespace meshdrill::mesh {
namespace {

namespace fs = std::filesystem;
using Kind = TreeChange::Kind;

struct Folder : TestFolder {
  void put(const std::string& name, const std::string& content) const {
    fs::create_directories((path / name).parent_path());
    std::ofstream{path / name} << content;
  }
  [[nodiscard]] std::string get(const std::string& name) const {
    return read_file(path / name).value_or("(unreadable)");
  }
  // Every file below, but for the list that meshdrill keeps.
  [[nodiscard]] std::map<std::string, std::string> all() const {
    std::map<std::string, std::string> files;
    for (const auto& entry : fs::recursive_directory_iterator{path}) {
      const std::string name = entry.path().lexically_relative(path).string();
      if (!entry.is_directory() && name != "out/.meshdrill-files") files[name] = get(name);
    }
    return files;
  }
};

std::string write(const fs::path& folder, const std::vector<RenderedFile>& files, bool force = false) {
  auto tree = StagedTree::stage(folder, files, force);
  if (!tree) {
    std::string text = tree.error().conflicts.empty() ? tree.error().message : "conflicts";
    for (const std::string& conflict : tree.error().conflicts) text += " " + conflict;
    return text;
  }
  const auto done = tree->commit();
  if (!done) return done.error().message;
  std::string text;
  for (const TreeChange& change : tree->changes()) {
    text += "acurk"[static_cast<std::size_t>(change.kind)];  // added, changed, unchanged, removed, kept
    text += ":" + change.path + " ";
  }
  return text;
}

const std::vector<RenderedFile> first{{"README.md", "one\n"}, {"a/x.yaml", "ax\n"}, {"b/x.yaml", "bx\n"}};

}  // namespace

TEST_CASE("a tree is written, changed, and left alone") {
  const Folder folder;
  const fs::path out = folder.path / "out";
  CHECK(write(out, first) == "a:README.md a:a/x.yaml a:b/x.yaml ");
  CHECK(folder.get("out/a/x.yaml") == "ax\n");
  CHECK(write(out, first) == "u:README.md u:a/x.yaml u:b/x.yaml ");
  CHECK(write(out, {{"README.md", "two\n"}, {"a/x.yaml", "ax\n"}, {"c/y/z.yaml", "z\n"}}) ==
        "c:README.md u:a/x.yaml r:b/x.yaml a:c/y/z.yaml ");
  CHECK(folder.all() == std::map<std::string, std::string>{
                            {"out/README.md", "two\n"}, {"out/a/x.yaml", "ax\n"}, {"out/c/y/z.yaml", "z\n"}});
  CHECK_FALSE(fs::exists(out / "b"));
}

TEST_CASE("the list of files is what sha256sum would write") {
  const Folder folder;
  write(folder.path, {{"empty", ""}, {"abc", "abc"}});
  CHECK(folder.get(".meshdrill-files") ==
        "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad  abc\n"
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855  empty\n");
}

TEST_CASE("foreign and edited files are refused and nothing is touched") {
  const Folder folder;
  const fs::path out = folder.path / "out";
  folder.put("out/README.md", "mine\n");
  folder.put("out/notes.txt", "mine too\n");
  const auto before = folder.all();
  CHECK(write(out, first) == "conflicts README.md");
  CHECK(folder.all() == before);
  CHECK(write(out, first, true) == "c:README.md a:a/x.yaml a:b/x.yaml ");
  CHECK(folder.get("out/notes.txt") == "mine too\n");

  folder.put("out/a/x.yaml", "edited\n");
  CHECK(write(out, first) == "conflicts a/x.yaml");
  CHECK(folder.get("out/a/x.yaml") == "edited\n");
  // Edited into just what would be written is no conflict.
  CHECK(write(out, {first[0], {"a/x.yaml", "edited\n"}, first[2]}) == "u:README.md u:a/x.yaml u:b/x.yaml ");
}

TEST_CASE("a stale file that was edited stays") {
  const Folder folder;
  write(folder.path, first);
  folder.put("b/x.yaml", "edited\n");
  CHECK(write(folder.path, {first[0], first[1]}) == "u:README.md u:a/x.yaml k:b/x.yaml ");
  CHECK(folder.get("b/x.yaml") == "edited\n");
}

TEST_CASE("links and files in the place of folders are not followed") {
  const Folder folder;
  const fs::path out = folder.path / "out";
  folder.put("elsewhere/x.yaml", "not ours\n");
  fs::create_directory(out);
  fs::create_directory_symlink(folder.path / "elsewhere", out / "a");
  folder.put("out/b", "a file\n");
  CHECK(write(out, first) == "conflicts a b");
  CHECK(folder.get("elsewhere/x.yaml") == "not ours\n");
  fs::remove(out / "a");
  fs::remove(out / "b");
  fs::create_symlink(folder.path / "elsewhere/x.yaml", out / "README.md");
  CHECK(write(out, first) == "conflicts README.md");
  CHECK(write(out, first, true) == "c:README.md a:a/x.yaml a:b/x.yaml ");
  CHECK(folder.get("elsewhere/x.yaml") == "not ours\n");
  CHECK_FALSE(fs::is_symlink(out / "README.md"));
}

TEST_CASE("a list that names files outside is not believed") {
  const Folder folder;
  folder.put("victim", "abc");
  folder.put("out/.meshdrill-files",
             "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad  ../victim\n"
             "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad  " +
                 (folder.path / "victim").string() + "\nshort\n");
  CHECK(write(folder.path / "out", first) == "a:README.md a:a/x.yaml a:b/x.yaml ");
  CHECK(folder.get("victim") == "abc");
}

TEST_CASE("what fails half-way is put back") {
  const Folder folder;
  const fs::path out = folder.path / "out";
  write(out, first);
  const auto before = folder.all();
  // A folder that is in the way shows only when its file is moved there: the last of the list.
  fs::create_directory(out / "z");
  folder.put("out/z/keep", "k\n");
  auto tree = StagedTree::stage(out, {{"README.md", "two\n"}, {"n/new.yaml", "n\n"}, {"z", "z\n"}}, true);
  REQUIRE(tree);
  const auto done = tree->commit();
  REQUIRE_FALSE(done);
  CHECK(done.error().message.find("cannot write " + (out / "z").string()) == 0);
  auto after = folder.all();
  CHECK(after.erase("out/z/keep") == 1);
  for (auto entry = after.begin(); entry != after.end();) {
    entry =
        entry->first.find(".meshdrill-stage-") != std::string::npos ? after.erase(entry) : std::next(entry);
  }
  CHECK(after == before);
  CHECK_FALSE(fs::exists(out / "n"));
}

TEST_CASE("a folder that cannot be made is one message and leaves nothing") {
  const Folder folder;
  folder.put("file", "x");
  CHECK(write(folder.path / "file", first).find("cannot write " + (folder.path / "file").string()) == 0);
  CHECK(write(folder.path / "file/out", first).find("cannot write ") == 0);
  CHECK(folder.all() == std::map<std::string, std::string>{{"file", "x"}});
}

TEST_CASE("a staged tree that is not committed leaves no trace") {
  const Folder folder;
  {
    const auto tree = StagedTree::stage(folder.path / "x/y", first, false);
    REQUIRE(tree);
    CHECK(fs::exists(folder.path / "x/y"));
  }
  CHECK_FALSE(fs::exists(folder.path / "x"));
}

}  // namespace meshdrill::mesh
