// The command line as data: what completion, the man pages and the reference are made of. The binary makes it
// from the definitions that its parser uses, so nothing is written twice.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace meshdrill::manual {

struct Option {
  std::vector<std::string> names;  // "-o", "--output"; of a positional its one name
  bool positional = false;
  bool takes_value = true;  // false: a flag
  bool required = false;
  bool repeats = false;              // several values, or given several times
  std::string value;                 // what to call it: "FILE"
  std::vector<std::string> choices;  // the only values; empty: any
  std::string range;                 // "2 to 20"; empty: any
  std::string default_value;         // as the help shows it; empty: none
  std::string group;                 // heading over it; empty: none
  std::string help;

  // The long name where there is one.
  [[nodiscard]] const std::string& name() const { return names.back(); }
};

struct Command {
  std::string name;  // "run"
  std::string path;  // "meshdrill drill run"
  std::string summary;
  std::string footer;  // more of it, line by line
  std::vector<Option> options;
  std::vector<Command> commands;

  // nullptr when there is none.
  [[nodiscard]] const Command* find(std::string_view command) const;
  [[nodiscard]] const Option* option(std::string_view option_name) const;
};

struct ExitMeaning {
  std::string_view codes;
  std::string_view meaning;
};

// "meshdrill drill run [OPTIONS] FILE", without the path.
std::string synopsis(const Command& command);

// "-o, --output FORMAT", or the name of a positional.
std::string option_title(const Option& option);

// What there is to say besides the help: choices, the default, that it may be repeated. Sentences, or empty.
// Values are put between `quote`.
std::string option_notes(const Option& option, std::string_view quote = {});

}  // namespace meshdrill::manual
