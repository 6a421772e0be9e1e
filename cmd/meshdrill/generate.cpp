#include "base/files.hpp"
#include "base/text.hpp"
#include "commands.hpp"
#include "exit_codes.hpp"
#include "mesh/load.hpp"
#include "mesh/write_tree.hpp"

#include <cstdio>
#include <memory>

#include <fmt/format.h>

namespace meshdrill::cli {
namespace {

struct GenerateOptions {
  std::string file;
  std::string folder;
  bool force = false;
  bool allow_renumber = false;
};

int report(const mesh::TreeError& error) {
  fmt::print(stderr, "meshdrill: {}\n", error.message);
  if (error.conflicts.empty()) return exit_usage;
  for (const std::string& path : error.conflicts) fmt::print(stderr, "  {}\n", printable(path));
  fmt::print(stderr,
             "Nothing was written. Move them away, choose another folder, or overwrite them with --force.\n");
  return exit_refused;
}

std::string_view name_of(mesh::TreeChange::Kind kind) {
  switch (kind) {
    case mesh::TreeChange::Kind::added:
      return "added";
    case mesh::TreeChange::Kind::changed:
      return "changed";
    case mesh::TreeChange::Kind::unchanged:
      return "unchanged";
    case mesh::TreeChange::Kind::removed:
      return "removed";
    case mesh::TreeChange::Kind::kept:
      break;
  }
  return "kept (no longer needed, but edited by hand)";
}

// The lock as it is on disk, so that an unchanged one is left alone.
bool lock_changed(const std::filesystem::path& path, const std::string& text) {
  const Result<std::string> before = read_file(path);
  return !before || *before != text;
}

int generate(const GenerateOptions& options) {
  const auto loaded =
      mesh::load_mesh(options.file, options.allow_renumber ? mesh::Renumber::allow : mesh::Renumber::refuse);
  std::fputs(to_string(loaded ? loaded->findings : loaded.error()).c_str(), stderr);
  if (!loaded) return exit_usage;
  auto tree = mesh::StagedTree::stage(options.folder, mesh::render(loaded->mesh), options.force);
  if (!tree) return report(tree.error());

  // The lock first: numbers that are installed and not remembered would be the worse half.
  const std::filesystem::path lock_file = mesh::lock_path(options.file);
  const std::string lock_text = to_yaml(loaded->lock);
  if (lock_changed(lock_file, lock_text)) {
    const Result<> written = write_file(lock_file, lock_text);
    if (!written) return report({written.error().message, {}});
    fmt::print("{}: what each cluster was given; keep it in version control\n", lock_file.string());
  }
  if (const auto done = tree->commit(); !done) return report(done.error());

  for (const mesh::TreeChange& change : tree->changes()) {
    fmt::print("{}: {}\n", (std::filesystem::path{options.folder} / change.path).string(),
               name_of(change.kind));
  }
  fmt::print("\nNext: cd {} and follow README.md\n", shell_quote(options.folder));
  return exit_pass;
}

}  // namespace

void add_generate(CLI::App& app, Run& run) {
  CLI::App* verb =
      app.add_subcommand("generate", "Write Helm values, manifests and the commands to install a mesh with");
  const auto options = std::make_shared<GenerateOptions>();
  verb->add_option("-f,--file", options->file, "The mesh file")->required();
  verb->add_option("-o,--output", options->folder, "The folder to write to")
      ->required()
      ->check([](const std::string& folder) { return folder.empty() ? "the name is empty" : ""; });
  verb->add_flag("--force", options->force,
                 "Overwrite files that meshdrill did not write or that were edited");
  verb->add_flag("--allow-renumber", options->allow_renumber,
                 "Change names, IDs and Pod CIDRs that live clusters have, where the mesh file says so");
  verb->callback([&run, options] { run = [options] { return generate(*options); }; });
}

}  // namespace meshdrill::cli
