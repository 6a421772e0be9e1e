// Reads kubeconfig files as kubectl does: which files, how they merge, and what a context says. Contexts that
// are not asked for are not judged, so a broken entry of another cluster does no harm.
#pragma once

#include "base/diagnostic.hpp"
#include "base/document.hpp"
#include "kube/connection.hpp"
#include "kube/in_cluster.hpp"
#include "kube/proxy.hpp"

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

namespace meshdrill::kube {

// Where to look, in the words of the command line and the environment.
struct KubeconfigSource {
  std::string flag;         // --kubeconfig: this file only, and it must exist; empty: not given
  std::string environment;  // $KUBECONFIG: a list separated by ':'; missing files are passed over
  std::string home;         // $HOME: HOME/.kube/config when neither of the above is given
  PodEnvironment pod;       // where nothing else is found, or for a context "in-cluster"
  ProxyEnvironment proxies;
};

// Reads the environment: $KUBECONFIG, $HOME, the Pod's and the proxies' variables. `flag` is the value of
// --kubeconfig, or empty.
KubeconfigSource kubeconfig_source(std::string flag);

struct Kubeconfig {
  // One element of `clusters`, `users` or `contexts`. The first file that has a name wins it whole.
  struct Entry {
    std::string name;
    Node value;                    // the map under `cluster`, `user` or `context`
    std::filesystem::path folder;  // of its file: relative paths start here
  };

  std::vector<std::string> files;  // those that were read
  std::vector<Entry> clusters;
  std::vector<Entry> users;
  std::vector<Entry> contexts;
  std::string current_context;  // empty when no file names one
  ProxyEnvironment proxies;     // for clusters without a proxy-url
};

// Reads and merges. In a Pod its service account joins last, as the context "in-cluster" (not with a flag).
// Errors: no file at all (never "localhost:8080", as kubectl has it), a file that cannot be
// read or parsed, the same name twice in one file, a name that YAML 1.1 takes for a boolean or a number.
Checked<Kubeconfig> load_kubeconfig(const KubeconfigSource& source);

// A context as a connection, certificates and keys read in. `notes` gets what a user should see though it is
// no error, such as a certificate check that is switched off; it may be printed, there is no secret in it.
struct ConnectionChoice {
  Connection connection;
  Diagnostics notes;
};

// `context` empty means the current one. auth-provider, which kubectl gave up as well, is refused by name.
Checked<ConnectionChoice> choose_context(const Kubeconfig& config, std::string_view context);

}  // namespace meshdrill::kube
