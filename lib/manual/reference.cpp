#include "manual/reference.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace meshdrill::manual {
namespace {

// Text in a cell of a table.
std::string cell(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (c == '|')
      result += "\\|";
    else if (c == '<')
      result += "&lt;";
    else
      result += c;
  }
  return result;
}

std::string anchor(std::string path) {
  std::replace(path.begin(), path.end(), ' ', '-');
  return path;
}

void add_options(const Command& command, std::string& text) {
  std::string group;
  bool open = false;
  for (const bool positional : {true, false}) {
    for (const Option& option : command.options) {
      if (option.positional != positional || option.name() == "--help") continue;
      if (!open || (!positional && option.group != group)) {
        if (!positional && !option.group.empty() && option.group != "Options")
          text += fmt::format("\n{}:\n", option.group);
        text += "\n| option | meaning |\n|---|---|\n";
        open = true;
        if (!positional) group = option.group;
      }
      const std::string notes = option_notes(option, "`");
      text += fmt::format("| `{}` | {}{}{} |\n", cell(option_title(option)), cell(option.help),
                          notes.empty() ? "" : ". ", cell(notes));
    }
  }
}

void add_command(const Command& command, std::string& text) {
  text += fmt::format("\n## `{}`\n\n{}.\n\n```\n{}{}\n```\n", command.path, command.summary, command.path,
                      synopsis(command));
  for (const Command& inner : command.commands) {
    text += fmt::format("\n- [`{}`](#{}): {}", inner.name, anchor(inner.path), inner.summary);
  }
  if (!command.commands.empty()) text += "\n";
  add_options(command, text);
  if (!command.footer.empty()) {
    text += fmt::format("\n```\n{}{}```\n", command.footer, command.footer.ends_with('\n') ? "" : "\n");
  }
  for (const Command& inner : command.commands) add_command(inner, text);
}

}  // namespace

std::string reference_page(const Command& program, std::span<const ExitMeaning> exits) {
  std::string text =
      "# The command line\n\n"
      "Made from the binary's own definitions by `docs/update.py`; the man pages say the same. Data goes to "
      "stdout, "
      "messages to stderr.\n";
  add_command(program, text);
  text += "\n## Exit codes\n\n| exit | meaning |\n|---|---|\n";
  for (const ExitMeaning& exit : exits) text += fmt::format("| {} | {} |\n", exit.codes, exit.meaning);
  return text + "\n[More about them](exit-codes.md).\n";
}

}  // namespace meshdrill::manual
