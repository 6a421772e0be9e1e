#include "manual/command.hpp"

#include <algorithm>

#include <fmt/format.h>

namespace meshdrill::manual {

const Command* Command::find(std::string_view command) const {
  const auto found =
      std::find_if(commands.begin(), commands.end(), [&](const Command& one) { return one.name == command; });
  return found == commands.end() ? nullptr : &*found;
}

const Option* Command::option(std::string_view option_name) const {
  const auto found = std::find_if(options.begin(), options.end(), [&](const Option& one) {
    return std::find(one.names.begin(), one.names.end(), option_name) != one.names.end();
  });
  return found == options.end() ? nullptr : &*found;
}

std::string synopsis(const Command& command) {
  std::string text;
  const auto named = [](const Option& option) { return !option.positional; };
  if (std::any_of(command.options.begin(), command.options.end(), named)) text += " [OPTIONS]";
  for (const Option& option : command.options) {
    if (!option.positional) continue;
    const std::string word = option.repeats ? option.value + "..." : option.value;
    text += option.required ? " " + word : fmt::format(" [{}]", word);
  }
  if (!command.commands.empty()) text += " COMMAND";
  return text;
}

std::string option_title(const Option& option) {
  if (option.positional) return option.value;
  std::string text = fmt::format("{}", fmt::join(option.names, ", "));
  if (option.takes_value) text += " " + option.value;
  return text;
}

std::string option_notes(const Option& option, std::string_view quote) {
  std::string text;
  const auto add = [&](const std::string& sentence) { text += (text.empty() ? "" : " ") + sentence; };
  const std::string between = fmt::format("{0}, {0}", quote);
  if (option.required && !option.positional) add("Required.");
  if (!option.choices.empty())
    add(fmt::format("One of: {0}{1}{0}.", quote, fmt::join(option.choices, between)));
  if (!option.range.empty()) add(option.range + ".");
  if (option.repeats && option.help.find("repeat") == std::string::npos) add("May be repeated.");
  if (!option.default_value.empty()) add(fmt::format("Default: {0}{1}{0}.", quote, option.default_value));
  return text;
}

}  // namespace meshdrill::manual
