#include "base/files.hpp"
#include "base/text.hpp"
#include "base/unified_diff.hpp"
#include "commands.hpp"
#include "exit_codes.hpp"
#include "mesh/check/helm_size.hpp"
#include "mesh/load.hpp"
#include "mesh/trust/peer_certificates.hpp"
#include "mesh/trust/trust_files.hpp"
#include "mesh/write/tree_diff.hpp"
#include "mesh/write/write_tree.hpp"
#include "mesh_access.hpp"
#include "pull_trust.hpp"

#include <algorithm>
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
  bool dry_run = false;
  bool diff = false;
  bool pull_trust = false;
  std::string kubeconfig;
};

// A mesh with all that is written for it.
struct Generated {
  mesh::LoadedTrust trust;
  mesh::AuthorityFiles authority;
  std::vector<mesh::RenderedFile> files;
  std::vector<mesh::RenderedFile> peers;  // pulled, and not as they stand beside the mesh file
  std::filesystem::path lock_file;
  std::string lock_text;
  std::string lock_before;  // empty: there is none yet
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

// What --pull-trust changes beside the mesh file.
std::vector<mesh::RenderedFile> changed_peers(const mesh::Mesh& mesh, const mesh::TrustMaterial& material,
                                              const std::filesystem::path& folder) {
  std::vector<mesh::RenderedFile> changed;
  for (mesh::RenderedFile& file : peer_files(mesh, material)) {
    file.path = (folder / file.path).string();
    if (read_file(file.path).value_or(std::string{}) != file.content) changed.push_back(std::move(file));
  }
  return changed;
}

// The certificates, where the flags say so from the clusters.
std::optional<Checked<mesh::LoadedTrust>> load_trust(const mesh::Mesh& mesh, const GenerateOptions& options) {
  mesh::PulledSecrets pulled;
  if (options.pull_trust) {
    if (mesh.trust.mode != mesh::Trust::Mode::inlined) {
      fmt::print(stderr, "meshdrill: --pull-trust is for trust.mode: inline, and {} has another\n",
                 options.file);
      return std::nullopt;
    }
    auto read = pull_trust_or_explain(mesh, options.kubeconfig);
    if (!read) return std::nullopt;
    pulled = std::move(*read);
  }
  return mesh::load_trust(mesh, options.file, options.folder, std::chrono::system_clock::now(), pulled);
}

// Reads the mesh and its certificates, and renders both; nothing, with the errors printed, when that fails.
std::optional<Generated> load(const GenerateOptions& options) {
  auto loaded =
      mesh::load_mesh(options.file, options.allow_renumber ? mesh::Renumber::allow : mesh::Renumber::refuse);
  // The size of a release is told below, from the certificates that are then known.
  if (loaded)
    std::erase_if(loaded->findings, [](const Diagnostic& one) { return one.rule == "release-size"; });
  print(loaded ? loaded->findings : loaded.error());
  if (!loaded) return std::nullopt;
  auto read = load_trust(loaded->mesh, options);
  if (!read) return std::nullopt;
  Checked<mesh::LoadedTrust>& trust = *read;
  mesh::Findings found;
  found.add(trust ? trust->findings : trust.error());
  if (trust) check_release_size(loaded->mesh, &trust->material, found);
  const Diagnostics findings = found.take();
  print(findings);
  if (!trust || has_errors(findings)) return std::nullopt;
  Generated generated;
  generated.authority = authority_files(loaded->mesh.trust, options.file);
  generated.files = mesh::render(loaded->mesh, trust->material);
  if (options.pull_trust) {
    generated.peers =
        changed_peers(loaded->mesh, trust->material, std::filesystem::path{options.file}.parent_path());
  }
  generated.trust = std::move(*trust);
  generated.lock_file = mesh::lock_path(options.file);
  generated.lock_text = to_yaml(loaded->lock);
  generated.lock_before = read_file(generated.lock_file).value_or(std::string{});
  return generated;
}

void print_changes(const GenerateOptions& options, const std::vector<mesh::TreeChange>& changes) {
  for (const mesh::TreeChange& change : changes) {
    fmt::print("{}: {}\n", (std::filesystem::path{options.folder} / change.path).string(),
               name_of(change.kind));
  }
}

// --dry-run and --diff: what would change, and nothing written.
int preview(const GenerateOptions& options, const Generated& generated) {
  const mesh::TreePlan plan = mesh::plan_tree(options.folder, generated.files);
  if (!plan.conflicts.empty() && !options.force) {
    fmt::print(stderr,
               "meshdrill: generating would be refused: these were edited, or not written by meshdrill\n");
    for (const std::string& path : plan.conflicts) fmt::print(stderr, "  {}\n", printable(path));
  }
  if (!options.diff) {
    if (generated.lock_before != generated.lock_text) {
      fmt::print("{}: {}\n", generated.lock_file.string(),
                 generated.lock_before.empty() ? "added" : "changed");
    }
    if (generated.trust.new_authority) fmt::print("{}: added\n", generated.authority.certificate.string());
    for (const mesh::RenderedFile& peer : generated.peers) {
      fmt::print("{}: {}\n", peer.path, std::filesystem::exists(peer.path) ? "changed" : "added");
    }
    print_changes(options, plan.changes);
    fmt::print("\nNothing was written.\n");
    return plan.conflicts.empty() || options.force ? exit_pass : exit_refused;
  }
  const std::string lock_name = generated.lock_file.string();
  const std::string lock = unified_diff(generated.lock_before, generated.lock_text,
                                        generated.lock_before.empty() ? "/dev/null" : lock_name, lock_name);
  const Result<std::string> tree = diff_tree(options.folder, generated.files, plan);
  if (!tree) return report({tree.error().message, {}});
  std::string peers;
  for (const mesh::RenderedFile& peer : generated.peers) {
    peers += fmt::format("# {}: secret, {}\n", peer.path,
                         std::filesystem::exists(peer.path) ? "changed" : "added");
  }
  fmt::print("{}{}{}", lock, peers, *tree);
  if (!plan.conflicts.empty() && !options.force) return exit_refused;
  return lock.empty() && peers.empty() && tree->empty() ? exit_pass : exit_failed;
}

// What is beside the mesh file goes first: numbers or a CA that are installed and not remembered would be the
// worse half.
Result<> keep_beside(const Generated& generated) {
  if (generated.lock_before != generated.lock_text) {
    if (auto written = write_file(generated.lock_file, generated.lock_text); !written) return written;
    fmt::print("{}: what each cluster was given; keep it in version control\n", generated.lock_file.string());
  }
  if (generated.trust.new_authority) {
    if (auto written = keep_authority(generated.authority, generated.trust.material.authority); !written)
      return written;
    fmt::print("{}: the CA of the mesh; keep it in version control\n",
               generated.authority.certificate.string());
    fmt::print("{}: its key; keep it secret and safe, and out of version control\n",
               generated.authority.key.string());
  }
  for (const mesh::RenderedFile& peer : generated.peers) {
    std::error_code error;
    std::filesystem::create_directories(std::filesystem::path{peer.path}.parent_path(), error);
    if (auto written = write_file(peer.path, peer.content, peer.mode); !written) return written;
    fmt::print("{}: what its peers present to it; keep it secret, and out of version control\n", peer.path);
  }
  return {};
}

int generate(const GenerateOptions& options) {
  const std::optional<Generated> generated = load(options);
  if (!generated) return exit_usage;
  if (options.dry_run || options.diff) return preview(options, *generated);
  auto tree = mesh::StagedTree::stage(options.folder, generated->files, options.force);
  if (!tree) return report(tree.error());
  if (const auto kept = keep_beside(*generated); !kept) return report({kept.error().message, {}});
  if (const auto done = tree->commit(); !done) return report(done.error());
  print_changes(options, tree->changes());
  fmt::print("\nNext: cd {} and follow README.md\n", shell_quote(options.folder));
  return exit_pass;
}

}  // namespace

void add_generate(CLI::App& app, Run& run) {
  CLI::App* verb =
      app.add_subcommand("generate", "Write Helm values, manifests and the commands to install a mesh with");
  const auto options = std::make_shared<GenerateOptions>();
  verb->add_option("-f,--file", options->file, "The mesh file")->required()->type_name("FILE");
  verb->add_option("-o,--output", options->folder, "The folder to write to")
      ->required()
      ->type_name("FOLDER")
      ->check([](const std::string& folder) { return folder.empty() ? "the name is empty" : ""; });
  verb->add_flag("--force", options->force,
                 "Overwrite files that meshdrill did not write or that were edited");
  verb->add_flag("--allow-renumber", options->allow_renumber,
                 "Change names, IDs and Pod CIDRs that live clusters have, where the mesh file says so");
  CLI::Option* dry_run =
      verb->add_flag("--dry-run", options->dry_run, "Say what would be written, and write nothing");
  verb->add_flag("--diff", options->diff,
                 "Show what would change as `diff -u` does, and write nothing; exit 1 when something would")
      ->excludes(dry_run);
  verb->add_flag("--pull-trust", options->pull_trust,
                 "With trust.mode inline: read the peers' certificates from the live clusters");
  add_kubeconfig(*verb, options->kubeconfig);
  verb->callback([&run, options] { run = [options] { return generate(*options); }; });
}

}  // namespace meshdrill::cli
