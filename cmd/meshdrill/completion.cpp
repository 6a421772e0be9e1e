#include "command_tree.hpp"
#include "exit_codes.hpp"
#include "kube/kubeconfig.hpp"
#include "lab/faults.hpp"
#include "manual/complete.hpp"
#include "manual/completion_script.hpp"
#include "self_commands.hpp"

#include <cstdio>
#include <memory>

namespace meshdrill::cli {
namespace {

using manual::Candidate;

// The value of --kubeconfig on the command line so far, or empty.
std::string kubeconfig_flag(std::span<const std::string> words) {
  const std::string name = "--kubeconfig";
  for (std::size_t i = 0; i < words.size(); ++i) {
    if (words[i].starts_with(name + "=")) return words[i].substr(name.size() + 1);
    if (words[i] == name && i + 2 < words.size()) return words[i + 1];
  }
  return {};
}

std::vector<Candidate> contexts(std::span<const std::string> words) {
  std::vector<Candidate> known;
  const auto config = kube::load_kubeconfig(kube::kubeconfig_source(kubeconfig_flag(words)));
  if (!config) return known;
  for (const auto& context : config->contexts) known.push_back({context.name, ""});
  return known;
}

std::vector<Candidate> values(const manual::Option& option, std::span<const std::string> words) {
  if (option.value == "CONTEXT") return contexts(words);
  std::vector<Candidate> known;
  if (option.value == "FAULT") {
    for (const lab::FaultInfo& info : lab::fault_table())
      known.push_back({std::string{info.name} + (info.value == lab::FaultInfo::Value::none ? "" : "="),
                       std::string{info.summary}});
  }
  return known;
}

int print_script(const std::string& shell) {
  std::fputs(manual::completion_script(shell).value_or("").c_str(), stdout);
  return exit_pass;
}

}  // namespace

int complete_words(const CLI::App& app, const std::vector<std::string>& words) {
  const manual::Completion completion = manual::complete(command_tree(app), words, values);
  std::fputs(to_text(completion).c_str(), stdout);
  return exit_pass;
}

void add_completion(CLI::App& app, Run& run) {
  CLI::App* verb = app.add_subcommand("completion", "Print the shell code that completes what you type");
  const auto shell = std::make_shared<std::string>();
  verb->add_option("shell", *shell, "Which shell")->required()->check(CLI::IsMember({"bash", "zsh", "fish"}));
  verb->footer(
      "In ~/.bashrc:             source <(meshdrill completion bash)\n"
      "In ~/.zshrc:              source <(meshdrill completion zsh), behind compinit\n"
      "In config.fish:           meshdrill completion fish | source\n"
      "The Debian package brings all three, and completes `kubectl meshdrill` as well.\n");
  verb->callback([&run, shell] { run = [shell] { return print_script(*shell); }; });
}

}  // namespace meshdrill::cli
