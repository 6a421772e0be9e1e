#include "manual/man_page.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace meshdrill::manual {
namespace {

// What every verb reads besides its options.
constexpr ExitMeaning environment[] = {
    {"KUBECONFIG", "Kubeconfig files, merged as kubectl does; ~/.kube/config without it."},
    {"NO_COLOR", "When it is not empty, no colours."},
    {"SSL_CERT_FILE, SSL_CERT_DIR", "A file and a folder of authorities to trust instead of the system's."},
};

// Text as roff shows it as it is.
std::string escaped(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (c == '\\') {
      result += "\\e";
    } else if (c == '-') {
      result += "\\-";
    } else {
      result += c;
    }
  }
  // A dot or an apostrophe at the start of a line is a request.
  if (result.starts_with('.') || result.starts_with('\'')) result.insert(0, "\\&");
  return result;
}

std::string section(std::string_view name) {
  return fmt::format(".SH {}\n", name);
}

std::string entry(std::string_view title, std::string_view text) {
  return fmt::format(".TP\n.B {}\n{}\n", escaped(title), escaped(text));
}

std::string with_stop(std::string text) {
  if (!text.empty() && !text.ends_with('.')) text += '.';
  return text;
}

std::string option_entry(const Option& option) {
  const std::string notes = option_notes(option);
  std::string help = with_stop(option.help);
  if (!notes.empty()) help += (help.empty() ? "" : " ") + notes;
  return entry(option_title(option), help);
}

// Positionals first, then the options in their groups.
std::string options_text(const Command& command) {
  std::string text;
  std::vector<std::string> groups;
  for (const Option& option : command.options) {
    if (option.positional) text += option_entry(option);
    if (!option.positional && std::find(groups.begin(), groups.end(), option.group) == groups.end())
      groups.push_back(option.group);
  }
  if (!text.empty()) text = section("ARGUMENTS") + text;
  if (!groups.empty()) text += section("OPTIONS");
  for (const std::string& group : groups) {
    if (groups.size() > 1 && !group.empty()) text += fmt::format(".SS {}\n", escaped(group));
    for (const Option& option : command.options) {
      if (!option.positional && option.group == group) text += option_entry(option);
    }
  }
  return text;
}

std::string see_also(const Command& program, const Command& command) {
  std::string text;
  const auto add = [&](const Command& other) {
    if (other.path == command.path) return;
    text += fmt::format("{}.BR {} (1)", text.empty() ? "" : ",\n", escaped(page_name(other)));
  };
  add(program);
  for (const Command& inner : command.commands) add(inner);
  if (command.path != program.path) {
    for (const Command& verb : program.commands) {
      if (command.path.starts_with(verb.path + " ")) add(verb);
    }
  }
  return text.empty() ? text : section("SEE ALSO") + text + "\n";
}

}  // namespace

std::string page_name(const Command& command) {
  std::string name = command.path;
  std::replace(name.begin(), name.end(), ' ', '-');
  return name;
}

std::string man_page(const Command& program, const Command& command, const ManualFacts& facts) {
  const std::string name = page_name(command);
  std::string upper = name;
  std::transform(upper.begin(), upper.end(), upper.begin(),
                 [](char c) { return c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c; });
  std::string text = fmt::format(".TH {} 1 {} \"meshdrill {}\" \"meshdrill\"\n", escaped(upper), facts.date,
                                 escaped(facts.version));
  text += section("NAME") + fmt::format("{} \\- {}\n", escaped(name), escaped(command.summary));
  text += section("SYNOPSIS") +
          fmt::format(".B {}\n{}\n", escaped(command.path), escaped(synopsis(command).substr(1)));
  if (!command.commands.empty()) {
    text += section("COMMANDS");
    for (const Command& inner : command.commands) text += entry(inner.name, with_stop(inner.summary));
  }
  text += options_text(command);
  if (!command.footer.empty()) {
    text += section("NOTES") + ".nf\n";
    for (std::size_t start = 0; start < command.footer.size();) {
      const std::size_t end = std::min(command.footer.find('\n', start), command.footer.size());
      const std::string line = escaped(std::string_view{command.footer}.substr(start, end - start));
      text += line.empty() ? ".sp\n" : line + "\n";
      start = end + 1;
    }
    text += ".fi\n";
  }
  text += section("EXIT STATUS");
  for (const ExitMeaning& exit : facts.exits) text += entry(exit.codes, with_stop(std::string{exit.meaning}));
  text += section("ENVIRONMENT");
  for (const ExitMeaning& variable : environment) text += entry(variable.codes, variable.meaning);
  return text + see_also(program, command);
}

}  // namespace meshdrill::manual
