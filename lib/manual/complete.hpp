// What may come next on a half-typed command line, for the shells' completion.
#pragma once

#include "manual/command.hpp"

#include <functional>
#include <span>
#include <string>
#include <vector>

namespace meshdrill::manual {

struct Candidate {
  std::string word;
  std::string help;
};

// What the shell does besides offering the candidates. The numbers are those of Cobra, which kubectl and helm
// are built on: kubectl asks its plugins in the same way and reads the answer.
enum class Directive : int {
  files = 0,     // complete file names
  nothing = 4,   // no file names
  no_space = 6,  // the same, and no space behind the word
  folders = 16,  // complete names of folders
};

struct Completion {
  std::vector<Candidate> candidates;
  Directive directive = Directive::nothing;
};

// Values for an option that only the running program knows, such as the contexts of the kubeconfig. `words`
// is the command line so far.
using Values =
    std::function<std::vector<Candidate>(const Option& option, std::span<const std::string> words)>;

// `words` are those behind the program's name; the last is the one to complete, and may be empty. Behind
// "--option=" the candidates are values alone.
Completion complete(const Command& program, std::span<const std::string> words, const Values& values);

// The answer as Cobra's shell code reads it: WORD<tab>HELP lines, then ":" and the directive.
std::string to_text(const Completion& completion);

}  // namespace meshdrill::manual
