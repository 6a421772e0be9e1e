#include "kube/kubeconfig.hpp"

#include "kube/kubeconfig_reader.hpp"

#include <algorithm>
#include <cstdlib>
#include <utility>

#include <fmt/format.h>

namespace meshdrill::kube {

namespace fs = std::filesystem;
using Entries = std::vector<Kubeconfig::Entry>;

namespace {

// Fleets put hundreds of clusters with their certificates into one file.
constexpr DocumentLimits limits{.bytes = std::size_t{16} << 20, .depth = 32, .nodes = 200'000};

Diagnostic file_error(std::string file, std::string what, std::string cure = {}) {
  return Diagnostic{.severity = Severity::error,
                    .where = {.file = std::move(file)},
                    .what = std::move(what),
                    .cure = std::move(cure)};
}

Diagnostic error_at(const Location& where, std::string what) {
  return Diagnostic{.severity = Severity::error, .where = where, .what = std::move(what), .cure = {}};
}

bool exists(const std::string& path) {
  std::error_code ignored;
  return fs::exists(path, ignored);
}

std::vector<std::string> split_list(const std::string& list) {
  std::vector<std::string> files;
  std::size_t start = 0;
  while (start <= list.size()) {
    const auto end = std::min(list.find(':', start), list.size());
    std::string file = list.substr(start, end - start);
    const bool known = std::find(files.begin(), files.end(), file) != files.end();
    if (!file.empty() && !known) files.push_back(std::move(file));
    start = end + 1;
  }
  return files;
}

// The files to read, in order. Empty: there is nothing, and `why` says what was looked for.
std::vector<std::string> existing_files(const KubeconfigSource& source, std::string& why) {
  std::vector<std::string> files = split_list(source.environment);
  if (!files.empty()) {
    why = "none of the files in KUBECONFIG exists: " + source.environment;
  } else if (!source.home.empty()) {
    files.push_back(source.home + "/.kube/config");
    why = "KUBECONFIG is not set, and " + files.front() + " does not exist";
  } else {
    why = "neither KUBECONFIG nor HOME is set";
  }
  std::erase_if(files, [](const std::string& file) { return !exists(file); });
  return files;
}

// The entries of one list of one file ("clusters", each with its map under "cluster").
Entries read_entries(const Node& document, std::string_view list_key, std::string_view map_key,
                     const fs::path& folder, Diagnostics& problems) {
  Entries entries;
  const Node* list = document.find(list_key);
  if (list == nullptr || list->kind == Node::Kind::null) return entries;
  if (list->kind != Node::Kind::sequence) {
    problems.push_back(error_at(list->where, fmt::format("{} must be a list", list_key)));
    return entries;
  }
  for (const Node& item : list->items) {
    const Node* name_node = item.find("name");
    if (name_node == nullptr) {
      problems.push_back(error_at(item.where, fmt::format("an entry of {} has no name", list_key)));
      continue;
    }
    const auto name = read_plain_string(*name_node, "name", problems);
    if (!name) continue;
    const bool doubled = std::any_of(entries.begin(), entries.end(),
                                     [&](const Kubeconfig::Entry& entry) { return entry.name == *name; });
    if (doubled) {
      problems.push_back(error_at(name_node->where, fmt::format("{} has \"{}\" twice", list_key, *name)));
      continue;
    }
    const Node* map = item.find(map_key);
    entries.push_back(Kubeconfig::Entry{
        .name = *name, .value = map == nullptr ? Node{.where = item.where} : *map, .folder = folder});
    const Node::Kind kind = entries.back().value.kind;
    if (kind != Node::Kind::map && kind != Node::Kind::null)
      problems.push_back(error_at(map->where, fmt::format("{} must be a map", map_key)));
  }
  return entries;
}

void merge(Entries& into, Entries from) {
  for (auto& entry : from) {
    const bool known = std::any_of(into.begin(), into.end(), [&](const Kubeconfig::Entry& earlier) {
      return earlier.name == entry.name;
    });
    if (!known) into.push_back(std::move(entry));
  }
}

// Adds what a document holds; `folder` is where its relative paths start.
void add(Kubeconfig& config, const Node& document, const fs::path& folder, Diagnostics& problems) {
  KubeconfigReader reader(document, folder, problems);
  if (const std::string kind = reader.string("kind"); !kind.empty() && kind != "Config")
    reader.problem("kind", "is a " + kind + ", not a kubeconfig (kind: Config)");
  merge(config.clusters, read_entries(document, "clusters", "cluster", folder, problems));
  merge(config.users, read_entries(document, "users", "user", folder, problems));
  merge(config.contexts, read_entries(document, "contexts", "context", folder, problems));
  const std::string current = reader.string("current-context");
  if (config.current_context.empty()) config.current_context = current;
}

void read_into(Kubeconfig& config, const std::string& file, Diagnostics& problems) {
  auto document = read_document(file, limits);
  if (!document) {
    problems.insert(problems.end(), document.error().begin(), document.error().end());
    return;
  }
  config.files.push_back(file);
  if (document->kind == Node::Kind::null) return;  // an empty file is an empty kubeconfig
  if (document->kind != Node::Kind::map) {
    problems.push_back(error_at(document->where, "a kubeconfig must be a map"));
    return;
  }
  std::error_code ignored;
  const fs::path folder = fs::absolute(file, ignored).parent_path();
  add(config, *document, folder, problems);
}

std::string environment(const char* name) {
  const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): nothing of ours ever sets one
  return value == nullptr ? std::string() : std::string(value);
}

}  // namespace

KubeconfigSource kubeconfig_source(std::string flag) {
  return KubeconfigSource{.flag = std::move(flag),
                          .environment = environment("KUBECONFIG"),
                          .home = environment("HOME"),
                          .pod = pod_environment(),
                          .proxies = proxy_environment()};
}

Checked<Kubeconfig> load_kubeconfig(const KubeconfigSource& source) {
  std::vector<std::string> files;
  std::optional<Node> pod;
  if (!source.flag.empty()) {
    files.push_back(source.flag);
    if (!exists(source.flag))
      return tl::unexpected(Diagnostics{file_error(source.flag, "this kubeconfig does not exist")});
  } else {
    std::string why;
    files = existing_files(source, why);
    pod = in_cluster_document(source.pod);
    if (files.empty() && !pod)
      return tl::unexpected(
          Diagnostics{file_error("kubeconfig", "no kubeconfig, so there is no cluster to talk to: " + why,
                                 "name one with --kubeconfig")});
  }
  Kubeconfig config;
  config.proxies = source.proxies;
  Diagnostics problems;
  for (const auto& file : files) read_into(config, file, problems);
  if (pod) add(config, *pod, {}, problems);
  if (!problems.empty()) return tl::unexpected(std::move(problems));
  return config;
}

}  // namespace meshdrill::kube
